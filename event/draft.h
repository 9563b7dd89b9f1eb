// SPDX-License-Identifier: Apache-2.0
// An event in the making: what the wire formats have in common.

#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "event/scanning.h"
#include "event/site_traits.h"
#include "vmtrail/error.h"
#include "vmtrail/event.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// Why a draft is no event. `detail` points at constants or into the input.
struct Flaw {
  ErrorCode reason;
  std::string_view detail;
};

/// Makes each of them empty, without data(), in one store each: of a loop over so few, compilers
/// make an instruction that is slow to begin.
template <std::size_t kCount>
void clear_texts(std::array<std::string_view, kCount>& texts) {
#if defined(__SSE2__)
  static_assert(sizeof(std::string_view) == sizeof(__m128i));
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (_mm_storeu_si128(reinterpret_cast<__m128i*>(&texts[i]), _mm_setzero_si128()), ...);
  }
  (std::make_index_sequence<kCount>());
#else
  texts.fill({});
#endif
}

/// Gathers what a message says and checks it. The first flaw found is the one that is told. Serves
/// for one event after the other.
class Draft {
 public:
  /// `site` is borrowed; the event's traits stay in it.
  explicit Draft(SiteTraits& site) : site_(site) {}

  void clear() {
    event_.message_id = {};
    event_.event_type = {};
    event_.known_type = 0;
    clear_texts(event_.fields);
    generated_ = {};
    flaw_.reset();
  }

  [[nodiscard]] SiteTraits& site() { return site_; }

  void fail(ErrorCode reason, std::string_view detail = {});
  [[nodiscard]] bool failed() const { return flaw_.has_value(); }
  [[nodiscard]] const std::optional<Flaw>& flaw() const { return flaw_; }

  void set_message_id(std::string_view text) { event_.message_id = text; }
  void set_event_type(std::string_view text) { event_.event_type = text; }
  void set_generated(std::string_view text) { generated_ = text; }
  void set_known_type(std::uint32_t number) { event_.known_type = number; }
  [[nodiscard]] std::string_view event_type() const { return event_.event_type; }
  /// Where these three stand.
  [[nodiscard]] std::array<std::string_view*, 3> header_slots() {
    return {&event_.message_id, &event_.event_type, &generated_};
  }

  void tell(Field field, std::string_view text) { event_[field] = text; }
  /// Where what is told of the field stands.
  [[nodiscard]] std::string_view& slot(Field field) { return event_[field]; }
  void tell_nothing(Field field) { event_[field] = ""; }  // there is none, and it was said
  /// Null means that there is none only where it may be so: of host and task.
  void tell_null(Field field);
  void tell_if_untold(Field field, std::string_view text) {
    if (!told(field) && text.data() != nullptr) event_[field] = text;
  }
  /// The same thing under a name of the site's own; conflicting_traits if it differs from what was
  /// told.
  void tell_alias(Field field, std::string_view text, std::string_view alias);
  [[nodiscard]] bool told(Field field) const { return event_.told(field); }
  [[nodiscard]] std::string_view operator[](Field field) const { return event_[field]; }

  /// Splits `compute.host` (legacy) or `nova-compute:host` (versioned) at the first of
  /// `separators`, one or two; hosts may hold dots themselves.
  void tell_publisher(std::string_view publisher_id, std::string_view separators) {
    const std::size_t split = find_either(publisher_id, separators.front(), separators.back());
    tell_if_untold(Field::publisher_service, publisher_id.substr(0, split));
    if (split != publisher_id.size()) {
      tell_if_untold(Field::publisher_host, publisher_id.substr(split + 1));
    }
  }

  /// The event, valid as long as the draft; nullptr if there is a flaw. `in_input`: see Event. No
  /// text of it is longer than `longest`.
  [[nodiscard]] const Event* finish(bool in_input = false,
                                    std::size_t longest = std::string_view::npos);

 private:
  void clean_values();
  void check_lengths();

  SiteTraits& site_;
  Event event_{};
  std::string_view generated_;
  std::optional<Flaw> flaw_;
};

/// Do two texts name one instance, whatever the case of a UUID?
[[nodiscard]] bool same_instance_in_any_case(std::string_view a, std::string_view b);
[[nodiscard]] inline bool same_instance(std::string_view a, std::string_view b) {
  // Quicker than a call for what nearly always are two UUIDs in one case.
  const bool uuids = a.size() == kUuidSize && b.size() == kUuidSize;
  return (uuids && std::memcmp(a.data(), b.data(), kUuidSize) == 0) ||
         same_instance_in_any_case(a, b);
}

}  // namespace vmtrail
