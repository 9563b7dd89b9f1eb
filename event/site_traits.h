// SPDX-License-Identifier: Apache-2.0
// Traits and payload keys that mean something only because a site's rules say so.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/event.h"

namespace vmtrail {

/// Which names are asked for, and what one event at a time has under them. Where no rule names any,
/// nothing is looked up.
class SiteTraits {
 public:
  /// `names` are borrowed; nullptr: none.
  explicit SiteTraits(const TraitNames* names)
      : names_(names != nullptr && !names->empty() ? names : nullptr) {}

  void clear() { kept_.clear(); }
  [[nodiscard]] bool none() const { return names_ == nullptr; }

  [[nodiscard]] std::span<const TraitNames::Alias> aliases() const;
  [[nodiscard]] std::span<const std::string> wanted() const;
  [[nodiscard]] std::optional<Field> alias(std::string_view name) const;
  [[nodiscard]] bool wants(std::string_view name) const;
  /// Does any rule of the site's name it?
  [[nodiscard]] bool names(std::string_view name) const {
    return !none() && (alias(name) || wants(name));
  }

  /// Keeps a wanted trait; the first of a name counts.
  void keep(std::string_view name, std::string_view value);
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::span<const Trait> kept() const { return kept_; }

 private:
  const TraitNames* names_;
  std::vector<Trait> kept_;
};

}  // namespace vmtrail
