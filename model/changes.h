// SPDX-License-Identifier: Apache-2.0
// From two answers about an instance to the change records between them.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/instance.h"
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

  NameId host{};
  NameId vm_state{};
  NameId task_state{};
  PowerState power = PowerState::unknown;
  Confidence confidence = Confidence::unknown;
  bool deleted = false;
  bool interval_open = false;
  Time since{};

  friend bool operator==(const Told&, const Told&) = default;
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

  /// May there be something to tell? False for most events.
  [[nodiscard]] bool differs_from(const Instance& instance) const {
    return !known || past_known || answer != Told(instance.answer) ||
           folded_migrations != instance.answer.migrations || !migrations.empty() ||
           !instance.ended.empty();
  }
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
  void tell_migrations(const Before& before, Instance& instance, const Occasion& occasion,
                       RecordConsumer& records);
  void tell_migration_changes(const Instance& instance, MigrationEntry& entry,
                              const Occasion& occasion, RecordConsumer& records);
  void tell_migration(RecordType type, const Instance& instance, const RequestId& request,
                      const MigrationView& view, const Occasion& occasion, RecordConsumer& records);
  void tell_retracted(const Instance& instance, const MigrationEntry& gone,
                      const Occasion& occasion, RecordConsumer& records);
  void emit(ChangeRecord& record, RecordConsumer& records);
  [[nodiscard]] ChangeRecord start(RecordType type, const Instance& instance,
                                   const Occasion& occasion);
  [[nodiscard]] std::string_view title(const Instance& instance) const;

  const Names& names_;
  Sequence sequence_{};
  std::string subject_;
  std::string summary_;
  std::vector<Interval> timeline_;
};

/// Text of the model's answers, as far as they are not plain numbers.
[[nodiscard]] Migration migration_answer(const InstanceId& instance, const RequestId& request,
                                         const MigrationView& view, const Names& names);
[[nodiscard]] std::optional<OperationSummary> summarise(const Operation& operation,
                                                        const Instance& instance,
                                                        const Names& names);
/// Oldest first; the open interval last.
void append_timeline(std::vector<Interval>& out, const Instance& instance, const Names& names);

}  // namespace vmtrail
