// SPDX-License-Identifier: Apache-2.0
// The courses of events, by their types.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "event/event_course.h"

namespace vmtrail {

/// Nearly all events of a type have the traits that the one before had. Learns them as they come,
/// of so many types as a cloud has, and no more than pays.
class EventCourses {
 public:
  EventCourses(EventCourse::Language language, Lanes lanes) : language_(language), lanes_(lanes) {}

  /// That of a type, which stands in a text with kBefore bytes before it, or is empty without
  /// data(); nullptr: none is known.
  [[nodiscard]] const EventCourse* find(std::string_view type) const {
    if (type.data() == nullptr) return nullptr;
    const std::uint64_t hash = hash_of(type);
    for (std::size_t i = hash >> kShift;; i = (i + 1) % kSlots) {
      const Slot& slot = slots_[i];
      if (slot.hash == hash) return slot.course.get();
      if (slot.course == nullptr) return nullptr;
    }
  }
  static constexpr std::size_t kBefore = 16;
  static constexpr std::uint32_t kMostTypes = 256;  ///< are learnt
  /// A decoder has one of these for each language. The numbers of all their types (see
  /// Event::known_type) are below.
  static constexpr std::uint32_t kNumbers = 1 + 2 * kMostTypes;

  /// Its events are followed to their end: what they cost to learn has paid.
  void followed() {
    if (credit_ != kMostCredit) ++credit_;
  }
  /// Is one that could not be followed to be learnt?
  [[nodiscard]] bool may_learn() const { return credit_ >= kPrice; }
  /// Learns it. `type` as for find().
  void learn(std::string_view type, EventLayout layout);

 private:
  static constexpr std::size_t kSlots = std::size_t{4} * kMostTypes;
  static constexpr int kShift = 54;
  // An event takes as long to be learnt as so many others to be followed.
  static constexpr unsigned kPrice = 32;
  static constexpr unsigned kMostCredit = 4096;

  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<EventCourse> course;
  };

  [[nodiscard]] std::uint32_t first_number() const {
    return language_ == EventCourse::Language::json ? 1 : 1 + kMostTypes;
  }

  /// Its end, and how long it is: what that confuses is found out by who follows the course.
  [[nodiscard]] static std::uint64_t hash_of(std::string_view type) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const char* const end = type.data() + type.size();
    std::memcpy(&first, end - kBefore, sizeof first);
    std::memcpy(&last, end - sizeof last, sizeof last);
    const std::uint64_t mixed = (first ^ 0x9e3779b97f4a7c15U) * (last | 1U) + type.size();
    return (mixed ^ mixed >> 29) * 0xff51afd7ed558ccdU;
  }

  const EventCourse::Language language_;
  const Lanes lanes_;

  std::vector<Slot> slots_{kSlots};
  std::uint32_t types_ = 0;
  unsigned credit_ = kMostCredit;
};

}  // namespace vmtrail
