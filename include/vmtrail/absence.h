// SPDX-License-Identifier: Apache-2.0
// Absences: "A without B within D", the one rule about two events.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vmtrail/place.h"
#include "vmtrail/summary_template.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// Events of one instance, and whether one is missing afterwards; run by the tests.
struct AbsenceSample {
  struct Event {
    std::string type;
    Duration at{};  ///< after the beginning of the sample
    std::string request = "sample";

    bool operator==(const Event&) const = default;
  };
  std::vector<Event> events;  ///< in the order in which they arrive
  bool missing = false;
  int line = 0;

  bool operator==(const AbsenceSample&) const = default;
};

/// An event at time t that one of `after` matches is answered by any event of the same instance
/// that one of `without` matches, at a time from t (less the clocks' tolerance) to t + within, in
/// whatever order the two arrive. One that nothing answers is told once, as `event.missing`.
struct Absence {
  enum class By : std::uint8_t {
    instance,
    request,  ///< the answer must have the same request_id, too; an event without one is not asked
  };

  std::string id;
  std::vector<std::string> after;    ///< event types; `*` stands for any characters
  std::vector<std::string> without;  ///< likewise
  Duration within{};
  By by = By::instance;
  Severity severity = Severity::warning;
  SummaryTemplate summary;  ///< empty: "no … within … of …"
  std::string why;
  std::vector<AbsenceSample> samples;
  std::string file;
  int line = 0;
  int column = 0;
  Place after_at;
  Place without_at;
  std::string replaces;  ///< file:line of the absence of this id in an earlier file; else empty

  bool operator==(const Absence&) const = default;
};

}  // namespace vmtrail
