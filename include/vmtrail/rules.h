// SPDX-License-Identifier: Apache-2.0
// Rules: the truth table that says what an event type asserts of an instance.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/error.h"
#include "vmtrail/event.h"
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

/// What a rule asks of an event beyond its type.
struct Condition {
  enum class Task : std::uint8_t { whatever, none, any, exactly };

  std::string state;           ///< vm_state must be this; empty: whatever
  Task task = Task::whatever;  ///< all but `whatever` need an event that tells the task
  std::string task_state;      ///< for Task::exactly
  bool periodic = false;       ///< audit_period_ending is a full hour: not an action's own `exists`
  bool changed = false;        ///< old_state is told and differs from state
  std::optional<bool> deleted_at;  ///< deleted_at is set, or is not
};

/// What a rule's event is an authority for. What it does not write it never changes.
struct Writes {
  bool vm_state = false;
  bool task_state = false;
  bool attributes = false;  ///< name and project (any event fills them while they are empty)
  bool deleted = false;     ///< the instance is gone for good
};

/// An event with the change it should make; run by the tests.
struct Sample {
  using Values =
      std::vector<std::pair<std::string, std::optional<std::string>>>;  ///< nullopt: null
  Values given;   ///< host and vm_state from an earlier boot; empty: the instance is new
  Values event;   ///< fields of the event; `publisher` is "service.host"
  Values expect;  ///< only what is listed is compared
  int line = 0;
};

/// What an event is about.
enum class About : std::uint8_t {
  instance,  ///< the one that it names
  request,   ///< if it names none, the one whose operation has its request_id
  host,      ///< a compute service
};

/// One row of the truth table.
struct Rule {
  std::string id;
  std::vector<std::string>
      events;  ///< event types, legacy and versioned; `*` stands for any characters
  Condition when;
  int rank = 0;  ///< place in the causal order of its operation; compared only within one request
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
      10}};         ///< an operation without an end is judged this long after its last fact
  std::string why;  ///< the reason, with Nova's method
  std::vector<Sample> samples;
  std::string file;  ///< as messages name it, e.g. "rules/nova.yaml"
  int line = 0;
};

/// A compiled set of rules. Immutable; threads may share it. Rules keep their addresses for as long
/// as the set (or a set it was moved to) lives.
class RuleSet {
 public:
  /// Parses and compiles the text of one rules file. The error says file:line:column, the rule,
  /// what stands there, what was expected, and what was probably meant.
  [[nodiscard]] static Result<RuleSet> parse(std::string_view text, std::string_view file);

  /// The table that vmtrail ships, rules/nova.yaml, embedded at build time: parsed, and as text.
  [[nodiscard]] static RuleSet shipped();
  [[nodiscard]] static std::string_view shipped_text();
  static constexpr std::string_view kShippedFile = "rules/nova.yaml";

  ~RuleSet();
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;

  /// The first rule, in the order of the file, whose event types and conditions the event meets;
  /// nullptr if there is none.
  [[nodiscard]] const Rule* match(const Event& event) const;

  /// In the order of the file.
  [[nodiscard]] std::span<const Rule> rules() const;
  [[nodiscard]] const Rule* find(std::string_view id) const;

 private:
  struct Compiled;
  explicit RuleSet(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace vmtrail
