// SPDX-License-Identifier: Apache-2.0
// The traits of one Ceilometer event, whatever form they came in.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "event/draft.h"

namespace vmtrail {

/// The traits that are read; Ceilometer's own names and ceilometer_zenoss' for the same.
enum class KnownTrait : std::uint8_t {
  instance_id,
  resource_id,
  host,
  host_name,
  service,
  instance_type,
  flavor_name,
  tenant_id,
  project_id,
  state_description,
  state,
  old_state,
  request_id,
  display_name,
  deleted_at,
  audit_period_ending,
};
inline constexpr std::size_t kTraitCount = 16;

/// These and Ceilometer's other traits of instances, which are known so that a repeated one is
/// found without sorting.
inline constexpr std::size_t kTraitNameCount = 35;
/// The number of a known name, those of KnownTrait first.
[[nodiscard]] std::optional<std::size_t> find_trait_name(std::string_view name);

/// The traits of one event at a time, read into a draft.
class TraitSet {
 public:
  /// `draft` is borrowed.
  explicit TraitSet(Draft& draft);
  TraitSet(const TraitSet&) = delete;
  TraitSet& operator=(const TraitSet&) = delete;

  /// For the next event; the draft is cleared by itself.
  void clear() {
    clear_texts(seconds_);
    seen_ = 0;
    if (!odd_) return;
    odd_ = false;
    repeated_ = {};
    others_.clear();
    aliased_.clear();
  }

  /// What is to become of a trait's value.
  struct Note {
    std::optional<KnownTrait> known;
    std::optional<Field> alias;
    bool wanted = false;

    [[nodiscard]] bool read() const { return known || alias || wanted; }
  };

  /// Takes note of a trait; a site's own meaning of a name goes before the known one. A trait that
  /// occurs twice is remembered.
  Note note(std::string_view name);
  void set(const Note& note, std::string_view name, std::string_view value);

  /// The same for known names that no rule of the site's asks for: where the value goes, for as
  /// long as the set is there …
  [[nodiscard]] std::string_view& slot(std::size_t name) { return *slots_[name]; }
  /// The same; nullptr if it is not read.
  [[nodiscard]] std::string_view* read_slot(std::size_t name) {
    return slots_[name] == &unread_ ? nullptr : slots_[name];
  }
  /// … and which names there were, a bit for each. False: one of them had been noted.
  [[nodiscard]] bool note_all(std::uint64_t names) {
    const bool repeated = (seen_ & names) != 0;
    seen_ |= names;
    return !repeated;
  }

  /// Completes what the traits say: repeated_trait if a name occurs twice (in the log format a name
  /// of a tenant's choice can look like further traits), conflicting_traits if two names for one
  /// thing have different values. The caller's project_id is left to tell_caller_project().
  void apply();

  /// Trait project_id is the caller's; it stands in where nothing names the owner's.
  void tell_caller_project() {
    draft_.tell_if_untold(Field::project_id, second(Second::project_id));
  }

 private:
  /// The traits that are not told as they stand.
  enum class Second : std::uint8_t { resource_id, flavor_name, host_name, service, project_id };
  static constexpr std::size_t kSecondCount = 5;

  [[nodiscard]] std::string_view& second(Second trait) {
    return seconds_[static_cast<std::size_t>(trait)];
  }
  void check_names();
  void tell_either(Field field, Second trait, std::string_view name);

  Draft& draft_;
  std::array<std::string_view*, kTraitNameCount> slots_;  // by name
  std::string_view unread_;                               // the slot of all others

  std::array<std::string_view, kSecondCount> seconds_{};
  std::uint64_t seen_ = 0;  // bits of the known names

  bool odd_ = false;                      // there may be something of what follows
  std::string_view repeated_;             // a name that occurred twice
  std::vector<std::string_view> others_;  // names that are not known

  struct Aliased {
    Field field;
    std::string_view name;
    std::string_view value;
  };
  std::vector<Aliased> aliased_;
};

inline void TraitSet::tell_either(Field field, Second trait, std::string_view name) {
  const std::string_view value = second(trait);
  if (value.data() == nullptr) return;
  if (!draft_.told(field)) {
    draft_.tell(field, value);
  } else if (draft_[field] != value) {
    draft_.fail(ErrorCode::conflicting_traits, name);
  }
}

// Once for each event, of which most have nothing odd.
[[gnu::always_inline]] inline void TraitSet::apply() {
  if (odd_) check_names();
  if (const std::string_view resource_id = second(Second::resource_id);
      resource_id.data() != nullptr) {
    if (!draft_.told(Field::instance_id)) {
      draft_.tell(Field::instance_id, resource_id);
    } else if (!same_instance(draft_[Field::instance_id], resource_id)) {
      draft_.fail(ErrorCode::conflicting_traits, "resource_id");
    }
  }
  tell_either(Field::flavor, Second::flavor_name, "flavor_name");
  tell_either(Field::publisher_host, Second::host_name, "host_name");
  if (const std::string_view service = second(Second::service); service.data() != nullptr) {
    draft_.tell_publisher(service, ".:");
  }
  if (!odd_) return;
  for (const Aliased& alias : aliased_) draft_.tell_alias(alias.field, alias.value, alias.name);
}

}  // namespace vmtrail
