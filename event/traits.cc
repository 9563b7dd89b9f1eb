// SPDX-License-Identifier: Apache-2.0
// From traits to fields.

#include "event/traits.h"

#include <algorithm>

#include "event/keys.h"

namespace vmtrail {
namespace {

constexpr Keys<std::uint8_t, kTraitNameCount> kNames{std::array<std::string_view, kTraitNameCount>{
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

std::optional<std::size_t> find_trait_name(std::string_view name) {
  if (const auto known = kNames.find(name)) return *known;
  return std::nullopt;
}

TraitSet::Note TraitSet::note(std::string_view name, const SiteTraits& site) {
  Note note;
  if (!site.none()) {
    note.alias = site.alias(name);
    note.wanted = site.wants(name);
  }
  const auto known = kNames.find(name);
  if (!known) {
    others_.push_back(name);
    return note;
  }
  const std::uint64_t bit = std::uint64_t{1} << *known;
  if ((seen_ & bit) != 0) {
    repeated_ = name;
    return {};
  }
  seen_ |= bit;
  if (*known < kTraitCount && !note.alias) note.known = static_cast<KnownTrait>(*known);
  return note;
}

void TraitSet::set(const Note& note, std::string_view name, std::string_view value,
                   SiteTraits& site) {
  if (note.known) values_[static_cast<std::size_t>(*note.known)] = value;
  if (note.alias) aliased_.push_back({*note.alias, name, value});
  if (note.wanted) site.keep(name, value);
}

std::string_view TraitSet::either(KnownTrait a, KnownTrait b, Draft& draft) const {
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

  if (has(KnownTrait::instance_id) && has(KnownTrait::resource_id) &&
      !same_instance(value(KnownTrait::instance_id), value(KnownTrait::resource_id))) {
    draft.fail(ErrorCode::conflicting_traits, "resource_id");
  }
  draft.tell(Field::instance_id, has(KnownTrait::instance_id) ? value(KnownTrait::instance_id)
                                                              : value(KnownTrait::resource_id));
  draft.tell(Field::flavor, either(KnownTrait::instance_type, KnownTrait::flavor_name, draft));
  draft.tell(Field::publisher_host, either(KnownTrait::host, KnownTrait::host_name, draft));
  if (has(KnownTrait::service)) draft.tell_publisher(value(KnownTrait::service), ".:");
  draft.tell(Field::project_id, value(KnownTrait::tenant_id));
  draft.tell(Field::task_state, value(KnownTrait::state_description));
  draft.tell(Field::state, value(KnownTrait::state));
  draft.tell(Field::old_state, value(KnownTrait::old_state));
  draft.tell(Field::request_id, value(KnownTrait::request_id));
  draft.tell(Field::display_name, value(KnownTrait::display_name));
  draft.tell(Field::deleted_at, value(KnownTrait::deleted_at));
  draft.tell(Field::audit_period_ending, value(KnownTrait::audit_period_ending));
  for (const Aliased& alias : aliased_) draft.tell_alias(alias.field, alias.value, alias.name);
}

void TraitSet::tell_caller_project(Draft& draft) const {
  draft.tell_if_untold(Field::project_id, value(KnownTrait::project_id));
}

}  // namespace vmtrail
