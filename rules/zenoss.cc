// SPDX-License-Identifier: Apache-2.0
// Change records in the form of Zenoss events, in the words of
// ZenPacks.zenoss.OpenStackInfrastructure 2.4.2 (events.py), the last to tell instance events.

#include <algorithm>
#include <array>
#include <string>

#include "vmtrail/record.h"

namespace vmtrail {

namespace {

/// What the ZenPack says of an event type: "Instance web powered off (status changed to stopped)".
struct Wording {
  std::string_view action;  ///< the event type behind "compute.instance." or "instance."
  std::string_view words;
  bool status = false;  ///< with the change of the state
};

constexpr std::array<Wording, 27> kWordings = {{
    {"create.start", "created"},
    {"create.end", "updated"},
    {"create.error", "updated"},
    {"update", "updated", true},
    {"delete.end", "deleted"},
    {"power_on.start", "powering on"},
    {"power_on.end", "powered on", true},
    {"power_off.start", "powering off"},
    {"power_off.end", "powered off", true},
    {"shutdown.start", "shutting down", true},
    {"shutdown.end", "shut down", true},
    {"reboot.start", "rebooting", true},
    {"reboot.end", "rebooted", true},
    {"rebuild.start", "rebuilding", true},
    {"rebuild.end", "rebuilt", true},
    {"suspend", "suspended"},
    {"suspend.end", "suspended"},
    {"resume", "resumed"},
    {"resume.end", "resumed"},
    {"rescue.end", "placed in rescue mode"},
    {"unrescue.end", "removed from rescue mode"},
    {"resize.end", "updated"},
    {"finish_resize.end", "updated"},
    {"resize_finish.end", "updated"},
    {"resize.revert.end", "updated"},
    {"resize_revert.end", "updated"},
    {"live_migration._post.end", "updated"},
}};

std::string_view action_of(std::string_view event_type) {
  for (const std::string_view prefix : {"compute.instance.", "instance."}) {
    if (event_type.substr(0, prefix.size()) == prefix) return event_type.substr(prefix.size());
  }
  return {};
}

// The ZenPack knew states; of hosts, migrations and history it had nothing to say, or the wrong
// thing.
bool is_about_state(RecordType type, std::string_view action) {
  switch (type) {
    case RecordType::instance_state_changed:
    case RecordType::instance_task_changed:
    case RecordType::instance_power_changed:
      return true;
    case RecordType::instance_created:
      return action == "create.start";
    case RecordType::instance_deleted:
      return action == "delete.end";
    case RecordType::instance_placed:
    case RecordType::instance_moved:
    case RecordType::instance_unplaced:
    case RecordType::instance_confidence_changed:
    case RecordType::migration_started:
    case RecordType::migration_completed:
    case RecordType::migration_confirmed:
    case RecordType::migration_reverted:
    case RecordType::migration_failed:
    case RecordType::migration_aborted:
    case RecordType::migration_stuck:
    case RecordType::migration_uncertain:
    case RecordType::migration_corrected:
    case RecordType::host_state_changed:
    case RecordType::history_corrected:
    case RecordType::event_too_late:
    case RecordType::event_missing:
    case RecordType::placement_drift:
      return false;
  }
  return false;
}

const Wording* wording_of(const ChangeRecord& record) {
  if (!record.instance || !record.cause || record.site_summary) return nullptr;
  const std::string_view action = action_of(record.cause->event_type);
  if (!is_about_state(record.type, action)) return nullptr;
  const auto* const found =
      std::find_if(kWordings.begin(), kWordings.end(),
                   [&](const Wording& wording) { return wording.action == action; });
  return found == kWordings.end() ? nullptr : found;
}

std::string status(const Cause& cause) {
  if (cause.state.empty()) return {};
  std::string text = " (status changed ";
  if (!cause.old_state.empty()) text += "from " + std::string(cause.old_state) + " ";
  text += "to " + std::string(cause.state);
  if (!cause.task_state.empty()) text += " [" + std::string(cause.task_state) + "]";
  return text + ")";
}

std::string summary(const ChangeRecord& record, const Wording* wording) {
  if (record.site_summary) return std::string(record.summary);
  if (wording == nullptr)
    return std::string(record.instance ? "Instance " : "") + std::string(record.summary);
  const std::string_view name = record.instance->name;
  std::string text = "Instance " + std::string(name.empty() ? record.subject : name) + " ";
  text += wording->words;
  if (wording->status) text += status(*record.cause);
  return text;
}

}  // namespace

void append_zenoss(std::string& out, const ChangeRecord& record, std::string_view device) {
  const Wording* const wording = wording_of(record);
  const std::string component =
      (record.instance ? "server-" : "host-") + std::string(record.subject);
  std::string key = record.cause ? std::string(record.cause->message_id)
                                 : std::to_string(static_cast<std::uint64_t>(record.sequence));
  if (wording == nullptr && record.cause) key += "|" + std::string(name(record.type));
  // Several rules may miss something after one event, which is not to be mistaken for theirs.
  const bool missing = record.type == RecordType::event_missing;
  if (missing) key += "|" + std::string(record.cause->rule);
  const bool boot_failed = !record.site_severity && record.cause &&
                           action_of(record.cause->event_type) == "create.error";
  const Severity severity = boot_failed ? Severity::error : record.severity;

  out += "{\"device\":";
  append_json(out, device);
  out += ",\"component\":";
  append_json(out, component);
  out += ",\"eventClassKey\":";
  append_json(out, "openstack-" + std::string(record.cause && !missing ? record.cause->event_type
                                                                       : name(record.type)));
  out += ",\"eventKey\":";
  append_json(out, key);
  out += ",\"severity\":";
  out += std::to_string(static_cast<int>(severity));
  out += ",\"summary\":";
  append_json(out, summary(record, wording));
  out += '}';
}

}  // namespace vmtrail
