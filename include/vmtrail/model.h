// SPDX-License-Identifier: Apache-2.0
// The model: which instance is on which host, as a function of the set of facts.

#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vmtrail/error.h"
#include "vmtrail/event.h"
#include "vmtrail/ids.h"
#include "vmtrail/placement.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"
#include "vmtrail/snapshot.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// What became of an event that a rule matched.
enum class Verdict : std::uint8_t {
  applied,
  duplicate,  ///< a copy: nothing changed, nothing was emitted
  too_late,   ///< what it belongs to is folded: nothing changed but for an event.too_late record
  too_many_facts,  ///< an operation may hold kMaxFacts, an instance 128 operations; no real one
                   ///< comes near
};

/// Holds every instance ever heard of with its host, states, operations, migrations and timeline.
/// Facts of one instance may come in any order, repeatedly and late: within the horizon the answer
/// is the same. Not thread-safe. Rules whose facts it holds must outlive it. Names, hosts and
/// states that were ever told are kept, and std::length_error is thrown when they fill 4 GiB.
class Model {
 public:
  struct Options {
    /// The largest difference between two publishers' clocks that is to be survived.
    Duration clock_tolerance = std::chrono::seconds{4};
    /// Whole operations that ended longer ago than this before their instance's newest fact are
    /// folded: their answer is kept, their facts are not.
    Duration horizon = std::chrono::minutes{15};
    /// An instance of which nothing was heard for so long is folded; no less than the horizon.
    Duration quiet = std::chrono::hours{24};
    /// Host names are one host's if they are the same up to their first dot: for a cloud where some
    /// of the services name hosts with their domain and some without.
    bool short_hosts = false;
    /// How many of its folded facts each instance hands on when it is saved, for explain(); as many
    /// again of the events that were turned away. 0: nobody keeps them.
    std::size_t trail = 0;
    /// How many closed intervals of its timeline each instance keeps once they are folded, the
    /// newest ones. Each takes 16 bytes or so.
    std::size_t history = std::numeric_limits<std::size_t>::max();
    /// Was this message ever taken before? Asked only of events more than one horizon older than
    /// the newest of all, whose ids are no longer in memory. Null: there is no archive.
    std::function<bool(const MessageId&)> archive;
  };

  Model();
  explicit Model(Options options);
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  // ---- events

  /// What comes next: has the machine fetch what is held of it, all at once rather than one after
  /// the other. Changes nothing, and does nothing where so few are held that they stay near. Of
  /// more than kMaxComing the first count.
  void expect(std::span<const Matched> coming) const;
  static constexpr std::size_t kMaxComing = 16;

  // `matched` is of the event, and but for note() it has a rule.

  /// Takes what the rule says of the instance, which the event names, and tells `records` each
  /// change of the answer.
  Verdict apply(const Event& event, const Matched& matched, RecordConsumer& records);

  /// Takes what the rule says of the instance, whichever it is, whose operation has the event's
  /// request, which is not empty. Should no instance be known to have it, one may be within the
  /// horizon.
  Verdict apply_to_request(const Event& event, const Matched& matched, RecordConsumer& records);

  /// Takes what the rule says of a compute host (service.*).
  Verdict apply_to_host(const Event& event, const Matched& matched, RecordConsumer& records);

  /// Takes note of an event that says nothing to the model but the time. True: it is a copy.
  bool note(const Event& event, const Matched& matched, RecordConsumer& records);

  /// Time has passed without events: judges operations that have been silent beyond their limit,
  /// and folds instances that have been quiet for one horizon and hold nothing that is under way.
  /// `now` is the stream's: its newest event's time, and what has passed since that came. By the
  /// wall clock every operation would be judged while a backlog is read. A whole cloud may fall
  /// silent at once, after an audit: some hundred instances are folded with each call, the longest
  /// quiet first. True: there are more, for fold_quiet().
  bool advance(Time now, RecordConsumer& records);
  bool fold_quiet(Time now, RecordConsumer& records);

  /// Forgets folded intervals and migrations that ended before then, as the store does with what it
  /// keeps: of the next so many instances with each call, round and round. Changes no answer about
  /// later times, and tells nothing.
  void forget_history(Time before, std::size_t instances);

  /// The stream is over: judges by its newest event, and emits what was held back.
  void finish(RecordConsumer& records);

  /// Tells that an event is missing. Changes nothing but the sequence.
  void tell_missing(const MissingEvent& missing, RecordConsumer& records);
  /// Tells a difference from Nova's list. Changes nothing but the sequence.
  void tell_drift(const PlacementDrift& drift, RecordConsumer& records);

  // ---- answers

  /// Prepares find(), candidates() and instances_on(), which else do so the first time: that looks
  /// at every instance. From then on they take no notice of how many there are.
  void index();

  [[nodiscard]] const Options& options() const;
  /// How far the stream's time has gone on, without what a single wrong clock said.
  [[nodiscard]] std::optional<Time> stream_time() const;

  [[nodiscard]] Sequence sequence() const;                 ///< of the last record
  [[nodiscard]] std::optional<Time> newest_event() const;  ///< as_of
  [[nodiscard]] std::size_t instance_count() const;
  [[nodiscard]] std::size_t host_count() const;

  /// A UUID, a unique name of an instance, a unique prefix of a UUID (4 characters or more), or the
  /// unique name of one that is deleted; the first that fits. Errors: not_found; ambiguous, with
  /// the candidates.
  [[nodiscard]] Result<InstanceId> find(std::string_view text) const;
  /// All that the text may mean, in ascending order: more than one where find() says ambiguous.
  [[nodiscard]] std::vector<InstanceId> candidates(std::string_view text) const;

  [[nodiscard]] std::optional<InstanceAnswer> instance(const InstanceId& id) const;
  [[nodiscard]] std::vector<InstanceId> instances() const;           ///< in ascending order
  [[nodiscard]] std::vector<InstanceId> instances_as_heard() const;  ///< the same, unsorted
  /// Calls `take` with every instance, in the order in which they were heard of. It must not change
  /// the model.
  void for_each_instance(const std::function<void(const InstanceAnswer&)>& take) const;
  /// Those that are on the host now, in ascending order; see same_host().
  [[nodiscard]] std::vector<InstanceId> instances_on(std::string_view host) const;
  [[nodiscard]] std::vector<Migration> migrations() const;  ///< by (started_at, request_id)
  [[nodiscard]] std::vector<Migration> migrations(const InstanceId& id) const;  ///< its own
  [[nodiscard]] std::vector<HostAnswer> hosts() const;                          ///< by name
  [[nodiscard]] std::optional<HostAnswer> host(std::string_view name) const;    ///< see same_host()
  /// The status that it had; nullopt: its service had told none until then, or there is no such
  /// host.
  [[nodiscard]] std::optional<HostStatus> host_status(std::string_view name, Time at) const;
  /// Are they one host's names? In any case; see also Options::short_hosts.
  [[nodiscard]] bool same_host(std::string_view a, std::string_view b) const;

  /// Every fact that is held of an instance, in their order, behind `folded`, those that the store
  /// keeps of it; last, what was turned away. Empty: there is no such instance. `rules` have the
  /// reasons of the folded ones.
  [[nodiscard]] std::vector<FactAnswer> explain(const InstanceId& id,
                                                std::span<const TrailSnapshot> folded,
                                                const RuleSet& rules) const;

  /// Pairs of publishers whose clocks are known to differ, the largest difference first; what is
  /// beyond Options::clock_tolerance puts answers at risk.
  [[nodiscard]] std::vector<ClockSkew> clock_skews() const;

  /// The whole model in the form of `--placement`, sent to `write` in pieces.
  void write_placement(const std::function<void(std::string_view)>& write) const;

  // ---- persistence

  /// Instances changed since the last call of mark_saved().
  [[nodiscard]] std::vector<InstanceId> changed() const;
  /// `between` instances the model may be read.
  void mark_saved(const std::function<void()>& between = {});
  /// Of an instance that is known.
  [[nodiscard]] InstanceSnapshot snapshot(const InstanceId& id) const;
  /// The same into `saved`, whose memory is used again.
  void snapshot(const InstanceId& id, InstanceSnapshot& saved) const;
  [[nodiscard]] ModelSnapshot snapshot() const;
  /// What of it is to be saved since the last call of mark_saved(): all that is small, and of the
  /// hosts those that have changed. Without the remembered ids, for who keeps those by himself.
  [[nodiscard]] ModelSnapshot changed_but_instances() const;

  /// Puts back what was saved; facts find their rules by id in `rules`. To be called on an empty
  /// model: the whole first, then each instance. Either returns how many facts were dropped because
  /// their rule is gone.
  std::size_t restore(const ModelSnapshot& saved, const RuleSet& rules);
  std::size_t restore(const InstanceSnapshot& saved, const RuleSet& rules);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// How many facts of one operation are held at most.
inline constexpr std::size_t kMaxFacts = 4096;

/// Where an instance was at a time, from its timeline; nullptr: it is not known to have been
/// anywhere.
[[nodiscard]] const Interval* at(const std::vector<Interval>& timeline, Time time);

}  // namespace vmtrail
