// SPDX-License-Identifier: Apache-2.0
// The keys of Nova's payloads, and the fields that they tell.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/keys.h"
#include "vmtrail/event.h"

namespace vmtrail {

// nova/notifications/base.py info_from_instance; the last is an object's mark.
enum class Legacy : std::uint8_t {
  instance_id,
  tenant_id,
  display_name,
  host,
  state,
  state_description,
  old_state,
  instance_type,
  deleted_at,
  audit_period_ending,
  versioned,
};
inline constexpr std::size_t kLegacyCount = 11;
inline constexpr Keys<Legacy, kLegacyCount> kLegacy{std::array<std::string_view, kLegacyCount>{
    "instance_id", "tenant_id", "display_name", "host", "state", "state_description", "old_state",
    "instance_type", "deleted_at", "audit_period_ending", "nova_object.data"}};
inline constexpr std::array<Field, kLegacyCount - 1> kLegacyFields = {
    Field::instance_id, Field::project_id,         Field::display_name, Field::payload_host,
    Field::state,       Field::task_state,         Field::old_state,    Field::flavor,
    Field::deleted_at,  Field::audit_period_ending};

// nova/notifications/objects/instance.py, service.py and compute_task.py; the last three are
// objects themselves.
enum class Versioned : std::uint8_t {
  uuid,
  tenant_id,
  display_name,
  host,
  state,
  task_state,
  power_state,
  deleted_at,
  request_id,
  binary,
  disabled,
  forced_down,
  instance_uuid,
  flavor,
  state_update,
  audit_period,
};
inline constexpr std::size_t kVersionedCount = 16;
inline constexpr Keys<Versioned, kVersionedCount> kVersioned{
    std::array<std::string_view, kVersionedCount>{
        "uuid", "tenant_id", "display_name", "host", "state", "task_state", "power_state",
        "deleted_at", "request_id", "binary", "disabled", "forced_down", "instance_uuid", "flavor",
        "state_update", "audit_period"}};
inline constexpr std::array<Field, kVersionedCount - 3> kVersionedFields = {
    Field::instance_id, Field::project_id,  Field::display_name, Field::payload_host, Field::state,
    Field::task_state,  Field::power_state, Field::deleted_at,   Field::request_id,   Field::binary,
    Field::disabled,    Field::forced_down, Field::instance_id};

/// What is read of an object within a versioned payload.
struct InnerKey {
  std::string_view key;
  Field field;
};
inline constexpr std::array<InnerKey, 3> kInnerKeys = {{
    // from Versioned::flavor on
    {"name", Field::flavor},
    {"old_state", Field::old_state},
    {"audit_period_ending", Field::audit_period_ending},
}};
[[nodiscard]] constexpr const InnerKey* inner_key(Versioned key) {
  if (key < Versioned::flavor) return nullptr;
  return &kInnerKeys[static_cast<std::size_t>(key) - static_cast<std::size_t>(Versioned::flavor)];
}

/// Is the key read in an event of this type? A service has a uuid, too, and so has a server group;
/// a conductor's payload calls the instance's otherwise, as a scheduler's request does.
[[nodiscard]] inline bool is_read(Versioned key, std::string_view event_type) {
  if (key == Versioned::uuid) return event_type.starts_with("instance.");
  if (key == Versioned::instance_uuid) return event_type.starts_with("compute_task.");
  return true;
}

}  // namespace vmtrail
