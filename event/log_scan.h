// SPDX-License-Identifier: Apache-2.0
// Events in log lines, read in one go as long as nothing in them is ambiguous.

#pragma once

#include <cstddef>
#include <string_view>

#include "event/event_courses.h"
#include "event/output.h"
#include "event/site_traits.h"
#include "event/trait_heads.h"
#include "event/traits.h"

namespace vmtrail {

/// Takes what LogDecoder would tell alike, and leaves all else to it.
class LogScan {
 public:
  /// `names` as for SiteTraits.
  explicit LogScan(const TraitNames* names, Lanes lanes = best_lanes())
      : site_(names),
        heads_(traits_, lanes),
        courses_(EventCourse::Language::logged, lanes),
        find_special_(log_search(lanes)) {}

  /// `text` is a line from its first `<Event:` on; kPadding bytes behind it are readable. Tells the
  /// events at its front and returns the rest, which begins with an event, too, or is empty.
  [[nodiscard]] std::string_view decode(std::string_view text, Output& output);

  /// The event on the line at the front of `window`, if it is the only one, and one like those
  /// before it, and nothing is ambiguous; nullptr: anything else. kPadding bytes behind the window
  /// are readable.
  [[nodiscard]] const Event* decode_line(std::string_view window, std::size_t& size);

 private:
  SiteTraits site_;
  Draft draft_{site_};
  TraitSet traits_{draft_};
  TraitHeads heads_;
  EventCourses courses_;
  const LogSearch find_special_;
};

}  // namespace vmtrail
