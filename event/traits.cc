// SPDX-License-Identifier: Apache-2.0
// From traits to fields.

#include "event/traits.h"

#include <algorithm>

#include "event/keys.h"

namespace vmtrail {
namespace {

// First those of enum Trait. The rest are Ceilometer's other traits of instances: known, so that a
// repeated one is found without sorting.
constexpr Keys<std::uint8_t, 35> kNames{std::array<std::string_view, 35>{
    "instance_id",
    "resource_id",
    "host",
    "host_name",
    "service",
    "instance_type",
    "flavor_name",
    "tenant_id",
    "project_id",
    "state_description",
    "state",
    "old_state",
    "request_id",
    "display_name",
    "deleted_at",
    "audit_period_ending",
    "user_id",
    "memory_mb",
    "disk_gb",
    "root_gb",
    "ephemeral_gb",
    "vcpus",
    "cell_name",
    "instance_type_id",
    "instance_flavor_id",
    "os_architecture",
    "os_version",
    "os_distro",
    "launched_at",
    "audit_period_beginning",
    "availability_zone",
    "priority",
    "fixed_ips",
    "image_name",
    "volume_id",
}};

}  // namespace

void TraitSet::clear() {
  values_ = {};
  seen_ = 0;
  repeated_ = {};
  others_.clear();
}

std::optional<Trait> TraitSet::note(std::string_view name) {
  const auto known = kNames.find(name);
  if (!known) {
    others_.push_back(name);
    return std::nullopt;
  }
  const std::uint64_t bit = std::uint64_t{1} << *known;
  if ((seen_ & bit) != 0) {
    repeated_ = name;
    return std::nullopt;
  }
  seen_ |= bit;
  if (*known >= kTraitCount) return std::nullopt;
  return static_cast<Trait>(*known);
}

std::string_view TraitSet::either(Trait a, Trait b, Draft& draft) const {
  if (!has(a)) return value(b);
  if (has(b) && value(a) != value(b)) {
    draft.fail(ErrorCode::conflicting_traits, kNames.name(static_cast<std::uint8_t>(b)));
  }
  return value(a);
}

void TraitSet::apply(Draft& draft) {
  if (others_.size() > 1) {
    std::ranges::sort(others_);
    const auto twice = std::ranges::adjacent_find(others_);
    if (twice != others_.end()) repeated_ = *twice;
  }
  if (repeated_.data() != nullptr) draft.fail(ErrorCode::repeated_trait, repeated_);

  if (has(Trait::instance_id) && has(Trait::resource_id) &&
      !same_instance(value(Trait::instance_id), value(Trait::resource_id))) {
    draft.fail(ErrorCode::conflicting_traits, "resource_id");
  }
  draft.tell(Field::instance_id,
             has(Trait::instance_id) ? value(Trait::instance_id) : value(Trait::resource_id));
  draft.tell(Field::flavor, either(Trait::instance_type, Trait::flavor_name, draft));
  draft.tell(Field::publisher_host, either(Trait::host, Trait::host_name, draft));
  if (has(Trait::service)) draft.tell_publisher(value(Trait::service), ".:");
  draft.tell(Field::project_id, value(Trait::tenant_id));
  draft.tell(Field::task_state, value(Trait::state_description));
  draft.tell(Field::state, value(Trait::state));
  draft.tell(Field::old_state, value(Trait::old_state));
  draft.tell(Field::request_id, value(Trait::request_id));
  draft.tell(Field::display_name, value(Trait::display_name));
  draft.tell(Field::deleted_at, value(Trait::deleted_at));
  draft.tell(Field::audit_period_ending, value(Trait::audit_period_ending));
}

void TraitSet::tell_caller_project(Draft& draft) const {
  draft.tell_if_untold(Field::project_id, value(Trait::project_id));
}

}  // namespace vmtrail
