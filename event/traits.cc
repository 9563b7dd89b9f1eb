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

TraitSet::TraitSet(Draft& draft) : draft_(draft) {
  slots_.fill(&unread_);
  const auto put = [this](KnownTrait trait, std::string_view& slot) {
    slots_[static_cast<std::size_t>(trait)] = &slot;
  };
  put(KnownTrait::instance_id, draft.slot(Field::instance_id));
  put(KnownTrait::host, draft.slot(Field::publisher_host));
  put(KnownTrait::instance_type, draft.slot(Field::flavor));
  put(KnownTrait::tenant_id, draft.slot(Field::project_id));
  put(KnownTrait::state_description, draft.slot(Field::task_state));
  put(KnownTrait::state, draft.slot(Field::state));
  put(KnownTrait::old_state, draft.slot(Field::old_state));
  put(KnownTrait::request_id, draft.slot(Field::request_id));
  put(KnownTrait::display_name, draft.slot(Field::display_name));
  put(KnownTrait::deleted_at, draft.slot(Field::deleted_at));
  put(KnownTrait::audit_period_ending, draft.slot(Field::audit_period_ending));
  put(KnownTrait::resource_id, second(Second::resource_id));
  put(KnownTrait::flavor_name, second(Second::flavor_name));
  put(KnownTrait::host_name, second(Second::host_name));
  put(KnownTrait::service, second(Second::service));
  put(KnownTrait::project_id, second(Second::project_id));
}

TraitSet::Note TraitSet::note(std::string_view name) {
  const SiteTraits& site = draft_.site();
  Note note;
  if (!site.none()) {
    note.alias = site.alias(name);
    note.wanted = site.wants(name);
  }
  const auto known = kNames.find(name);
  if (!known) {
    odd_ = true;
    others_.push_back(name);
    return note;
  }
  const std::uint64_t bit = std::uint64_t{1} << *known;
  if ((seen_ & bit) != 0) {
    odd_ = true;
    repeated_ = name;
    return {};
  }
  seen_ |= bit;
  if (*known < kTraitCount && !note.alias) note.known = static_cast<KnownTrait>(*known);
  return note;
}

void TraitSet::set(const Note& note, std::string_view name, std::string_view value) {
  if (note.known) slot(static_cast<std::size_t>(*note.known)) = value;
  if (note.alias) {
    odd_ = true;
    aliased_.push_back({*note.alias, name, value});
  }
  if (note.wanted) draft_.site().keep(name, value);
}

void TraitSet::check_names() {
  std::ranges::sort(others_);
  const auto twice = std::ranges::adjacent_find(others_);
  if (twice != others_.end()) repeated_ = *twice;
  if (repeated_.data() != nullptr) draft_.fail(ErrorCode::repeated_trait, repeated_);
}

}  // namespace vmtrail
