// SPDX-License-Identifier: Apache-2.0
// Events in the very form in which Ceilometer serialises them, read without a parser.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_courses.h"
#include "event/output.h"
#include "event/site_traits.h"
#include "event/trait_heads.h"
#include "event/traits.h"

namespace vmtrail {

/// Takes what JsonDecoder would tell alike, and leaves all else to it.
class CeilometerScan {
 public:
  /// Of what the walk goes on behind.
  struct UsualSizes {
    UsualSize message_id;
    UsualSize generated;
  };

  /// `names` as for SiteTraits.
  explicit CeilometerScan(const TraitNames* names, Lanes lanes = best_lanes())
      : site_(names), heads_(traits_, lanes), courses_(EventCourse::Language::json, lanes) {}

  /// Tells all events of `text`, or returns false, having told nothing. The text is not empty;
  /// kPadding bytes behind it are readable.
  [[nodiscard]] bool decode(std::string_view text, Output& output);

  /// The event that the line at the front of `window` is, if it is one like those before it, and
  /// ends there; nullptr: anything else. The window is not empty; kPadding bytes behind it are
  /// readable.
  [[nodiscard]] const Event* decode_line(std::string_view window, std::size_t& size);

 private:
  SiteTraits site_;
  Draft draft_{site_};
  TraitSet traits_{draft_};
  TraitHeads heads_;
  EventCourses courses_;
  UsualSizes usual_;
  std::string unescaped_;    // texts of the last event
  std::vector<Event> kept_;  // those of a list whose end has not been seen
};

}  // namespace vmtrail
