// SPDX-License-Identifier: Apache-2.0

#include "event/site_traits.h"

#include <algorithm>

namespace vmtrail {

std::span<const TraitNames::Alias> SiteTraits::aliases() const {
  if (names_ == nullptr) return {};
  return names_->aliases;
}

std::span<const std::string> SiteTraits::wanted() const {
  if (names_ == nullptr) return {};
  return names_->wanted;
}

std::optional<Field> SiteTraits::alias(std::string_view name) const {
  const auto all = aliases();
  const auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const TraitNames::Alias& one, std::string_view n) { return one.name < n; });
  if (found == all.end() || found->name != name) return std::nullopt;
  return found->field;
}

bool SiteTraits::wants(std::string_view name) const {
  const auto all = wanted();
  return std::binary_search(all.begin(), all.end(), name);
}

void SiteTraits::keep(std::string_view name, std::string_view value) {
  if (!has(name)) kept_.push_back({name, value});
}

bool SiteTraits::has(std::string_view name) const {
  return std::any_of(kept_.begin(), kept_.end(),
                     [&](const Trait& trait) { return trait.name == name; });
}

}  // namespace vmtrail
