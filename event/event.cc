// SPDX-License-Identifier: Apache-2.0
// The names of an event's fields.

#include "vmtrail/event.h"

namespace vmtrail {

std::string_view name(Field field) {
  static constexpr std::array<std::string_view, kFieldCount> kNames = {
      "instance_id",    "display_name", "project_id", "request_id",          "publisher_service",
      "publisher_host", "payload_host", "state",      "old_state",           "task_state",
      "power_state",    "flavor",       "deleted_at", "audit_period_ending", "binary",
      "disabled",       "forced_down",
  };
  return kNames[static_cast<std::size_t>(field)];
}

}  // namespace vmtrail
