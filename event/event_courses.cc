// SPDX-License-Identifier: Apache-2.0

#include "event/event_courses.h"

#include <utility>

namespace vmtrail {

void EventCourses::learn(std::string_view type, EventLayout layout) {
  credit_ -= kPrice;
  const std::uint64_t hash = hash_of(type);
  std::size_t i = hash >> kShift;
  while (slots_[i].course != nullptr && slots_[i].hash != hash) i = (i + 1) % kSlots;
  Slot& slot = slots_[i];
  if (slot.course == nullptr) {
    if (types_ == kMostTypes) return;
    slot.hash = hash;
    slot.course = std::make_unique<EventCourse>(language_, lanes_, first_number() + types_);
    ++types_;
  }
  slot.course->learn(std::move(layout));
}

}  // namespace vmtrail
