// SPDX-License-Identifier: Apache-2.0
// Rules: the truth table that says what an event type asserts of an instance.

#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/absence.h"
#include "vmtrail/condition.h"
#include "vmtrail/error.h"
#include "vmtrail/event.h"
#include "vmtrail/ids.h"
#include "vmtrail/place.h"
#include "vmtrail/summary_template.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// Whose word on a host counts. Two hosts travel with an event: that of the payload (the sender's
/// copy of instance.host, at times stale) and that of the publisher.
enum class Witness : std::uint8_t {
  nobody = 0,
  payload = 1,
  publisher = 2,
  nowhere = 3,  ///< the event itself says that the instance has no host
};

/// Witnesses in order of preference; the first that the event carries is heard. Unused places are
/// nobody.
using Witnesses = std::array<Witness, 2>;

/// What a rule's event is an authority for. What it does not write it never changes.
struct Writes {
  bool vm_state = false;
  bool task_state = false;
  bool attributes = false;  ///< name and project (any event fills them while they are empty)
  bool deleted = false;     ///< the instance is gone for good

  bool operator==(const Writes&) const = default;
};

/// An event with the change it should make; run by the tests.
struct Sample {
  using Values =
      std::vector<std::pair<std::string, std::optional<std::string>>>;  ///< nullopt: null
  Values given;  ///< host and vm_state from an earlier boot, and the operation it is in; empty: the
                 ///< instance is new
  Values event;  ///< fields of the event; `publisher` is "service.host"; `type` is the event type,
                 ///< left out: each that the rule writes out
  Values traits;  ///< of the event
  Values expect;  ///< only what is listed is compared
  int line = 0;

  bool operator==(const Sample&) const = default;
};

/// What an event is about.
enum class About : std::uint8_t {
  instance,  ///< the one that it names
  request,   ///< if it names none, the one whose operation has its request_id
  host,      ///< a compute service
};

/// One row of the truth table. It begins with what is read for every fact, in one cache line.
struct alignas(64) Rule {
  static constexpr std::uint32_t kNoIndex = std::numeric_limits<std::uint32_t>::max();

  std::string id;
  std::uint32_t index = kNoIndex;  ///< its place in RuleSet::rules(); kNoIndex: it is in no set
  int rank = 0;  ///< place in the causal order of its operation, 0 to 99; compared only within one
                 ///< request
  OperationKind operation =
      OperationKind::none;  ///< none: it belongs to whatever operation its request is
  Phase phase = Phase::none;
  Witnesses host{};         ///< who may place the instance
  Witnesses source{};       ///< who names the operation's source
  Witnesses destination{};  ///< who names its destination
  Writes writes;
  PowerState power = PowerState::unknown;  ///< what the event implies of the power state
  bool database =
      false;  ///< the instance's record after a write: the publisher is whoever wrote it
  About about = About::instance;
  bool causal = false;  ///< within one request Nova sends it after every causal event of lower rank
  Duration limit{std::chrono::minutes{
      10}};  ///< an operation without an end is judged this long after its last fact

  std::vector<RecordTemplate> records;  ///< of a record the first counts whose types match
  std::vector<std::string>
      events;  ///< event types, legacy and versioned; `*` stands for any characters
  Condition when;
  std::string why;  ///< the reason, with Nova's method
  std::vector<Sample> samples;
  std::string file;  ///< as messages name it, e.g. "rules/nova.yaml"
  int line = 0;
  int column = 0;
  Place events_at;
  Place when_at;
  std::string replaces;  ///< file:line of the row of this id in an earlier file; else empty

  bool operator==(const Rule&) const = default;
};

/// A rules file as it was read.
struct RulesText {
  std::string file;  ///< as messages name it
  std::string text;

  bool operator==(const RulesText&) const = default;
};

/// What is wrong with a rule although it can be used.
struct RuleWarning {
  std::string file;
  int line = 0;
  int column = 0;
  std::string row;  ///< "rule 'id'" or "absence 'id'"; empty: it is about the file
  std::string text;

  /// "file:line:column: rule 'id': text"; in one line if the id is.
  [[nodiscard]] std::string message() const;
};

struct Candidate;

/// A compiled set of rules. Immutable; threads may share it. Rules keep their addresses for as long
/// as the set (or a set it was moved to) lives.
class RuleSet {
 public:
  /// Parses and compiles rules files, each on top of those before it: a row replaces the earlier
  /// one of its id in its place; a row with a new id stands before the rows of earlier files, so
  /// that it is asked first. The error says file:line:column, the rule, what stands there, what was
  /// expected, and what was probably meant.
  [[nodiscard]] static Result<RuleSet> parse(std::span<const RulesText> files);
  /// The same of one file, and nothing else.
  [[nodiscard]] static Result<RuleSet> parse(std::string_view text, std::string_view file);

  /// The table that vmtrail ships, rules/nova.yaml, embedded at build time: parsed, and as text to
  /// put before a site's own files. parse() knows that text, and what it comes to.
  [[nodiscard]] static RuleSet shipped();
  [[nodiscard]] static RulesText shipped_text();
  static constexpr std::string_view kShippedFile = "rules/nova.yaml";

  ~RuleSet();
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;

  /// The first rule, in the order of rules(), whose event types and conditions the event meets;
  /// nullptr if there is none.
  [[nodiscard]] const Rule* match(const Event& event) const;

  /// In the order in which they are asked.
  [[nodiscard]] std::span<const Rule> rules() const;
  [[nodiscard]] const Rule* find(std::string_view id) const;
  [[nodiscard]] std::span<const Absence> absences() const;
  /// For the decoders; it lives as long as the rules.
  [[nodiscard]] const TraitNames& traits() const;

  /// Rules and aliases that can never do anything: unused, shadowed or unreachable ones, by their
  /// place.
  [[nodiscard]] std::vector<RuleWarning> warnings() const;

 private:
  friend class RuleMatcher;
  struct Compiled;
  [[nodiscard]] const Rule* match(const Event& event, const Candidate* first) const;
  explicit RuleSet(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

/// Matches the events of one decoder: what that knows to be one type is looked up once. Borrows the
/// rules. Not thread-safe.
class RuleMatcher {
 public:
  explicit RuleMatcher(const RuleSet& rules) : rules_(rules) {}

  /// See RuleSet::match().
  [[nodiscard]] const Rule* match(const Event& event) {
    const std::uint32_t known = event.known_type;
    const Candidate* const first = known < firsts_.size() ? firsts_[known] : nullptr;
    return rules_.match(event, first != nullptr ? first : look_up(event));
  }

 private:
  [[nodiscard]] const Candidate* look_up(const Event& event);

  const RuleSet& rules_;
  std::vector<const Candidate*> firsts_;  // by Event::known_type; nullptr: not known, as that of 0
};

/// What an event is to the model, as far as that can be told without it, and so on any thread: its
/// ids as numbers, and the rule that it meets. Valid as long as the rules.
struct Matched : EventIds {
  Matched() = default;
  Matched(const Event& event, const RuleSet& rules) : Matched(event, rules.match(event)) {}
  Matched(const Event& event, const Rule* met)
      : EventIds(event.message_id, event[Field::request_id], event[Field::instance_id]),
        rule(met) {}

  const Rule* rule = nullptr;  ///< nullptr: there is none for it
};

}  // namespace vmtrail
