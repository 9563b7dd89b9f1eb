// SPDX-License-Identifier: Apache-2.0
// Walking over the facts of one instance in their order: how they become its answer.

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "model/instance.h"
#include "model/names.h"
#include "model/spares.h"
#include "model/trail.h"

namespace vmtrail {

/// What an hourly audit tells may be so old.
inline constexpr Duration kAuditAge = std::chrono::minutes{1};

/// Works on one instance that holds facts; cheap to make, kept for one call. After each of the
/// functions, instance.answer is that of all facts held.
class Walk {
 public:
  /// `spares`: where the instance has its steps from, if it has none.
  Walk(Instance& instance, Spares& spares, Names& names, Duration clock_tolerance)
      : instance_(instance),
        held_(*instance.held),
        steps_(steps_of(instance, spares)),
        names_(names),
        tolerance_(clock_tolerance) {}

  /// The last fact of the last operation is new, and nothing before it has changed: one step.
  void step();
  /// A new operation with one fact has come, certainly after all others: one step.
  void step_into_last();
  /// A fact has joined the last operation, which is certainly after all others and of the same kind
  /// as before, but not as its last one. Is the end of the facts the same with it as it was
  /// without, but for the times?
  [[nodiscard]] bool only_confirms(const Fact& fact) const;
  /// Then its time is all that it adds.
  void step_within_last(Time generated);
  /// The last operation has changed, and is certainly after all others: its facts again.
  void repeat_last();
  /// Anything may have changed: puts the operations in order and walks over them all.
  void from_base();

  /// Folds the first `count` operations (in their order; not 0): their answer becomes the base.
  /// `take` gets each.
  template <class Take>
  void fold(std::size_t count, Take take) {
    const bool same = settle_first(count);
    held_.operations.take_first(count, take);
    after_fold(same);
  }
  /// Tells `trail` what becomes of each fact that is walked over.
  void trace_to(Trail* trail) { trail_ = trail; }
  /// Leaves one operation out, as if it had never been.
  void drop(std::size_t position);

 private:
  [[nodiscard]] static Steps& steps_of(Instance& instance, Spares& spares) {
    if (!instance.held->steps) instance.make_steps(spares.steps());
    return *instance.held->steps;
  }
  [[nodiscard]] const State& prefix() const {
    return held_.operations.size() == 1 ? steps_.base : steps_.prefix;
  }
  /// Makes the base of them. True: what follows goes on from there as it did before.
  bool settle_first(std::size_t count);
  void after_fold(bool same);
  void end_of_last();
  void apply(State& state, const Operation& operation, const Fact& fact);
  /// What became of a host that a fact names.
  struct Told {
    std::optional<NameId> host;
    Treatment treatment;
  };
  /// `counts`: it is more than a bystander's.
  inline Told write_host(State& state, const Operation& operation, const Fact& fact, bool counts,
                         bool offloaded_before);
  [[nodiscard]] bool has_just_left(const State& state, const Operation& audit,
                                   const Fact& fact) const;
  [[nodiscard]] bool is_task_of_others(const Operation& bystander, const Fact& fact) const;
  void write_deletion(State& state, const Fact& fact);
  void finish(State& state, Operation& operation);
  void finish_boot_or_unshelve(State& state, const Operation& operation);
  void finish_live_migration(State& state, Operation& operation);
  void finish_rebuild(State& state, Operation& operation);
  void finish_resize(State& state, Operation& operation);
  void finish_confirm_or_revert(State& state, Operation& operation);
  void finish_revert(State& state, const Operation& operation, NameId began_on);
  void finish_shelve(State& state, const Operation& operation);
  void add_migration(State& state, Operation& operation, MigrationKind kind, Outcome outcome);
  void unfinish(Operation& operation);
  void back_to_base();
  void rewind(const State& state) {
    if (instance_.past.size() != state.closed_intervals) {
      instance_.past.resize(state.closed_intervals);
    }
    if (instance_.migrations.size() != state.migrations) {
      instance_.migrations.erase(instance_.migrations.begin() + state.migrations,
                                 instance_.migrations.end());
    }
  }
  void place(State& state, NameId host, Confidence confidence, const Operation& operation,
             const Fact& by);
  void place_probably(State& state, NameId host, const Operation& operation);
  void doubt(State& state) const;
  void close_interval(State& state, Time at);
  [[nodiscard]] bool was_aborted(const Operation& migration) const;
  [[nodiscard]] bool is_ambiguous(std::size_t count, NameId host);
  static void settle(State& state, bool ambiguous);
  void settle();

  Instance& instance_;
  Held& held_;
  Steps& steps_;
  Names& names_;
  Duration tolerance_;
  Trail* trail_ = nullptr;
};

}  // namespace vmtrail
