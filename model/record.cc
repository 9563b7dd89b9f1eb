// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/record.h"

#include "vmtrail/condition.h"

namespace vmtrail {

std::string_view name(RecordType type) {
  switch (type) {
    case RecordType::instance_created:
      return "instance.created";
    case RecordType::instance_deleted:
      return "instance.deleted";
    case RecordType::instance_placed:
      return "instance.placed";
    case RecordType::instance_moved:
      return "instance.moved";
    case RecordType::instance_unplaced:
      return "instance.unplaced";
    case RecordType::instance_state_changed:
      return "instance.state_changed";
    case RecordType::instance_task_changed:
      return "instance.task_changed";
    case RecordType::instance_power_changed:
      return "instance.power_changed";
    case RecordType::instance_confidence_changed:
      return "instance.confidence_changed";
    case RecordType::migration_started:
      return "migration.started";
    case RecordType::migration_completed:
      return "migration.completed";
    case RecordType::migration_confirmed:
      return "migration.confirmed";
    case RecordType::migration_reverted:
      return "migration.reverted";
    case RecordType::migration_failed:
      return "migration.failed";
    case RecordType::migration_aborted:
      return "migration.aborted";
    case RecordType::migration_stuck:
      return "migration.stuck";
    case RecordType::migration_uncertain:
      return "migration.uncertain";
    case RecordType::migration_corrected:
      return "migration.corrected";
    case RecordType::host_state_changed:
      return "host.state_changed";
    case RecordType::history_corrected:
      return "history.corrected";
    case RecordType::event_too_late:
      return "event.too_late";
    case RecordType::event_missing:
      return "event.missing";
    case RecordType::placement_drift:
      return "placement.drift";
  }
  return "";
}

std::optional<std::string_view> record_pattern(std::string_view written) {
  constexpr std::string_view kPrefix = "vmtrail.";
  if (written.starts_with(kPrefix)) written.remove_prefix(kPrefix.size());
  for (std::size_t type = 0; type < kRecordTypes; ++type) {
    if (glob_match(written, name(static_cast<RecordType>(type)))) return written;
  }
  return std::nullopt;
}

}  // namespace vmtrail
