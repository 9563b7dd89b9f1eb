// SPDX-License-Identifier: Apache-2.0
// From two answers about an instance to the change records between them.

#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/instance.h"
#include "model/line.h"
#include "model/names.h"
#include "vmtrail/record.h"

namespace vmtrail {

/// What of an instance's answer records tell.
struct Told {
  Told() = default;
  explicit Told(const State& state)
      : host(state.host),
        vm_state(state.vm_state),
        task_state(state.task_state),
        power(state.power),
        confidence(state.confidence),
        deleted(state.deleted),
        interval_open(state.interval_open),
        since(state.since) {}

  /// Have records nothing to tell of the answer but, perhaps, another past?
  [[nodiscard]] bool is_still(const State& now) const {
    return host == now.host && vm_state == now.vm_state && task_state == now.task_state &&
           power == now.power && confidence == now.confidence && deleted == now.deleted;
  }

  NameId host{};
  NameId vm_state{};
  NameId task_state{};
  PowerState power = PowerState::unknown;
  Confidence confidence = Confidence::unknown;
  bool deleted = false;
  bool interval_open = false;
  Time since{};
};

/// What an instance's answer was before an event.
struct Before {
  bool known = false;  ///< did the instance exist?
  Told answer;
  /// The closed intervals that were not folded, where the past may have changed.
  bool past_known = false;
  std::vector<ClosedInterval> past;
  std::size_t folded_intervals = 0;
  /// Migrations that were not folded, as announced so far; the walk may have rebuilt them.
  std::vector<MigrationEntry> migrations;
  std::size_t folded_migrations = 0;
};

/// Writes records. One for each model; owns nothing but its buffers.
class Changes {
 public:
  explicit Changes(const Names& names) : names_(names) {}

  /// What the records are about, and on whose account.
  struct Occasion {
    Time time;
    const Event* event = nullptr;          ///< nullptr: time passed
    const Rule* rule = nullptr;            ///< of the event
    const Operation* operation = nullptr;  ///< that the event belongs to
    bool late = false;
    bool at_end =
        false;  ///< nothing more will come: migrations are told though an end is not known
  };

  /// Is there nothing to tell() of the instance? So it is after most events.
  [[nodiscard]] static bool has_told(const Before& before, Instance& instance) {
    return before.known && before.answer.is_still(instance.answer) && !before.past_known &&
           (!has_migrations(before, instance) || is_told_still(before, instance));
  }
  /// Emits the records that lead from `before` to the instance as it is now.
  void tell(const Before& before, Instance& instance, const Occasion& occasion,
            RecordConsumer& records);
  void tell_too_late(const Instance& instance, const Occasion& occasion, RecordConsumer& records);
  /// `instance` is nullptr where the model does not know it.
  void tell_missing(const Instance* instance, const MissingEvent& missing, RecordConsumer& records);
  void tell_drift(const Instance* instance, const PlacementDrift& drift, RecordConsumer& records);
  /// `hit`: who is on a host that is down now.
  void tell_host(std::string_view host, HostStatus from, HostStatus to,
                 std::span<const InstanceId> hit, const Occasion& occasion,
                 RecordConsumer& records);

  [[nodiscard]] Sequence sequence() const { return sequence_; }
  void set_sequence(Sequence sequence) { sequence_ = sequence; }

 private:
  /// Are there any of which something may be to be told?
  static bool has_migrations(const Before& before, const Instance& instance) {
    return before.folded_migrations < instance.answer.migrations || !before.migrations.empty() ||
           !instance.ended.empty();
  }
  /// Is there just the one that there was, as it was announced? The walk may have made it anew:
  /// then it is given what was announced.
  static bool is_told_still(const Before& before, Instance& instance);
  void tell_answer(const Before& before, const Instance& instance, const Occasion& occasion,
                   RecordConsumer& records);
  void tell_host_of(const Told& was, const Instance& instance, const Occasion& occasion,
                    RecordConsumer& records);
  void tell_migrations(const Before& before, Instance& instance, const Occasion& occasion,
                       RecordConsumer& records);
  /// `announced`: what was told of it before; nullptr: nothing.
  void tell_migration_changes(const Instance& instance, MigrationEntry& entry,
                              const MigrationView* announced, const Occasion& occasion,
                              RecordConsumer& records);
  void tell_migration(RecordType type, const Instance& instance, const RequestId& request,
                      const MigrationView& view, const Occasion& occasion, RecordConsumer& records);
  void tell_retracted(const Instance& instance, const RequestId& request, const MigrationView& told,
                      const Occasion& occasion, RecordConsumer& records);
  /// The record that is told next, of the occasion that it belongs to; its summary is empty.
  [[nodiscard]] ChangeRecord& start(RecordType type, const Instance& instance,
                                    const Occasion& occasion);
  void begin(const Instance& instance, const Occasion& occasion);
  [[nodiscard]] std::string_view subject(const InstanceId& id);
  [[nodiscard]] Sequence next() const {
    return Sequence{static_cast<std::uint64_t>(sequence_) + 1};
  }
  void emit(ChangeRecord& record, RecordConsumer& records);
  [[nodiscard]] std::string_view title(const Instance& instance) const;

  const Names& names_;
  Sequence sequence_{};
  ChangeRecord record_;  // the last; its occasion is 0 when the next record is of another
  std::array<char, kUuidSize> subject_{};
  Line summary_;
  std::vector<Interval> timeline_;
};

/// Text of the model's answers, as far as they are not plain numbers.
void answer_migration(Migration& to, const InstanceId& instance, const RequestId& request,
                      const MigrationView& view, const Names& names);
/// Nothing: it is none of which anything is told.
void summarise(std::optional<OperationSummary>& to, const Operation& operation,
               const Instance& instance, const Names& names);
/// Oldest first; the open interval last.
void append_timeline(std::vector<Interval>& out, const Instance& instance, const Names& names);

}  // namespace vmtrail
