// SPDX-License-Identifier: Apache-2.0
// The inside of Model, shared by the files that implement it.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "model/changes.h"
#include "model/forget.h"
#include "model/hosts.h"
#include "model/instance.h"
#include "model/instances.h"
#include "model/name_index.h"
#include "model/names.h"
#include "model/requests.h"
#include "model/seen.h"
#include "model/skew.h"
#include "model/spares.h"
#include "model/trail.h"
#include "vmtrail/model.h"

namespace vmtrail {

struct Model::Impl {
  explicit Impl(Options chosen)
      : options(std::move(chosen)),
        names(options.short_hosts),
        changes(names),
        waiting(WaitsLess{&instances}) {
    options.quiet = std::max(options.quiet, options.horizon);
  }

  // Fixed after construction.
  Options options;

  // Changing.
  Names names;
  Hosts hosts;
  Seen seen;
  Requests requests;
  Skew skew;
  Changes changes;
  Instances instances;
  std::unique_ptr<NameIndex> index;  // nullptr: nothing has been looked up yet
  std::optional<Time> newest;        // event of all, whatever its clock
  std::optional<Time> stream;  // as far as time has gone on: newest, but for leaps not believed yet
  unsigned ahead = 0;          // events in a row that leap ahead of the stream
  unsigned behind = 0;         // events in a row that are a leap behind it

  /// An instance with facts waits here until the stream has gone on for Options::quiet without it.
  struct Waiting {
    Time since;
    std::uint32_t place;
  };
  /// The longest quiet first; of equal ones by id, whichever was heard of first.
  struct WaitsLess {
    const Instances* instances;
    bool operator()(const Waiting& a, const Waiting& b) const {
      if (a.since != b.since) return a.since > b.since;
      return instances->id(a.place) > instances->id(b.place);
    }
  };
  std::priority_queue<Waiting, std::vector<Waiting>, WaitsLess> waiting;

  std::uint32_t next_to_forget = 0;  // the place of an instance

  /// The type of the last event that met the rule, or one that shares its place: most likely it is
  /// that of the next.
  [[nodiscard]] NameId& event_type_of(const Rule& rule) {
    return event_types[rule.index % event_types.size()];
  }
  std::array<NameId, 256> event_types{};

  // Kept for its memory alone.
  Before was;
  Spares spares;

  /// The newest event of all moves the stream's time on.
  void stream_to(Time time, RecordConsumer& records);
  void set_stream(Time time);

  /// Is it a copy, as far as memory and archive know? `hash`: the id's. `named`: the instance that
  /// the event names, if that is awake.
  [[nodiscard]] inline bool is_copy(const MessageId& id, std::size_t hash, Time generated,
                                    const Instance* named = nullptr) const;
  [[nodiscard]] bool is_archived(const MessageId& id, Time generated) const;
  void remember(const MessageId& id);
  [[nodiscard]] Time remembered_until() const { return stream.value_or(Time{}) + options.horizon; }

  [[nodiscard]] Instance& instance_for(const InstanceId& id);
  /// For reading: where it is, or unpacked into `room`; nullptr: not known.
  [[nodiscard]] const Instance* find(const InstanceId& id, Instance& room) const;
  /// Nothing more is to be done with the instance now.
  void leave(Instance& instance);
  void queue(Instance& instance);

  /// Puts a fact into its operation, `found` if the instance holds it, and walks as far as needed.
  inline void take(Instance& instance, Operation* found, const RequestId& request, Fact&& fact);
  void compact(Operation& operation, std::size_t added);
  void make_joinable(Operation& operation, const Instance& instance);
  /// The facts that wait for the instance with this request.
  void take_loose(Instance& instance, const RequestId& request);
  /// Of a fact that names a new operation, and tells an instance what it knows, when all that it
  /// holds is old enough to be folded: folds that, and holds the fact. There is nothing to tell,
  /// and nothing to walk over. False: it is not so, and nothing has been done.
  bool renew(Instance& instance, const RequestId& request, Fact& fact);
  /// An instance takes a fact, and records tell what that changed.
  void change(Instance& instance, bool known, Operation* operation, const RequestId& request,
              Fact&& fact, Changes::Occasion& occasion, RecordConsumer& records);

  // Reading ahead (expect.cc): what an instance that is in the cache leads to, and what that does.
  inline void prefetch_near(const Instance& instance) const;
  inline void prefetch_far(const Instance& instance) const;

  // Folding (fold.cc).
  /// Of an instance that holds something.
  void fold_old(Instance& instance) {
    const Operations& operations = instance.held->operations;
    // In the common case the first is the oldest; nothing to do while it is within the horizon.
    if (operations.front().last < now_of(instance) - options.horizon ||
        operations.size() > kMaxOperations) {
      fold_some(instance);
    }
  }
  void fold_some(Instance& instance);
  void make_room(Instance& instance);
  /// A fact whose clock is far ahead of all others does not make those old.
  [[nodiscard]] Time now_of(const Instance& instance) const {
    return std::min(instance.newest, stream.value_or(instance.newest));
  }
  void fold(Instance& instance, std::size_t count);
  /// What is remembered of an operation that is folded.
  void note_folded(Instance& instance, const Operation& operation);
  /// Forgets closed intervals beyond Options::history. Only between two events.
  void trim_history(Instance& instance) const {
    const std::size_t folded = instance.base().closed_intervals;
    if (folded > options.history) {
      forget_intervals(instance, static_cast<std::uint32_t>(folded - options.history));
    }
  }
  /// Does it hold an operation of which more will come?
  [[nodiscard]] bool awaits_more(const Instance& instance, Time now) const;
  /// Folds those that nothing was heard of, nor is waited for, for so long, the longest first, but
  /// not too many: a whole cloud may have fallen silent at once. True: there are more.
  bool fold_quiet(Time now, Duration quiet, std::size_t most, RecordConsumer& records);

  // Forgetting what ended long ago (forget.cc).
  void forget_history(Time before, std::size_t count);

  /// Judges the instance's open operations that have been silent beyond their limit. True:
  /// something changed.
  [[nodiscard]] static bool is_overdue(const Instance& instance, const Operation& operation,
                                       Time now);
  bool judge(Instance& instance, Time now);
  using WithId = std::pair<InstanceId, Instance*>;
  /// Fetches what judging those will read that come a little behind the first.
  void expect_to_judge(std::span<const WithId> coming) const;
  void judge_all(Time now, bool at_end, RecordConsumer& records);

  /// Notes in `was` what the answer is before it changes.
  void note_before(const Instance& instance, bool known) {
    was.known = known;
    was.answer = Told(instance.answer);
    was.past_known = false;
    // What is folded stays as it is, but for what Instance::ended tells.
    const State& folded = instance.base();
    was.folded_migrations = folded.migrations;
    was.folded_intervals = folded.closed_intervals;
    was.migrations.clear();
    if (was.folded_migrations != instance.answer.migrations) note_migrations(instance);
  }
  void note_migrations(const Instance& instance);
  // What explain() is told of events that are not held (explain.cc).
  Trail& trail_of(Instance& instance);
  void turn_away(Instance& instance, const Event& event, const Rule& rule, Treatment treatment);

  /// By id. Looks at every instance, unless there is an index.
  [[nodiscard]] std::vector<InstanceId> instances_on(const Hosts::Host& host);
  [[nodiscard]] const Hosts::Host* find_host(std::string_view name) const;  ///< nullptr: none
  NameIndex& make_index();
  void settle_hosts(NameId before, const Instance& instance) {
    if (before != instance.answer.host) hosts.moved(before, instance.answer.host, names);
    if (index) index->put(instance);
  }
  /// The hosts that a fact names, but for `known`.
  void note_hosts(const Fact& fact, NameId known);
};

/// A step of the stream's time that a single clock may have got wrong, and how many events in a row
/// make it.
inline constexpr Duration kLeap = std::chrono::hours{1};
inline constexpr unsigned kLeapEvents = 8;
/// How many events in a row, all more than such a step behind the stream, show that wrong clocks
/// have made it.
inline constexpr unsigned kBehindEvents = 64;
/// Quiet instances that are folded at once: by an event, which makes one at most, and by time.
inline constexpr std::size_t kFoldedByEvent = 4;
inline constexpr std::size_t kFoldedByTime = 500;

}  // namespace vmtrail
