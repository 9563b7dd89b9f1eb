// SPDX-License-Identifier: Apache-2.0
// What the events of one type have in common.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "event/block.h"
#include "event/event_layout.h"

namespace vmtrail {

/// The text of checked events of one type as a sequence of stretches: bytes that are the same in
/// all of them, and within those the values that have one size, which may hold other plain
/// characters; behind each stretch a value whose end has to be looked for. Whatever fits it is as
/// well-formed as they were, and has the same traits in the same order, none twice. So what is
/// compared here is what has been checked elsewhere, trait by trait.
class EventCourse {
 public:
  enum class Language : std::uint8_t { json, logged };

  /// `number`: that of the type, see Event::known_type.
  EventCourse(Language language, Lanes lanes, std::uint32_t number);
  EventCourse(const EventCourse&) = delete;
  EventCourse& operator=(const EventCourse&) = delete;

  [[nodiscard]] std::uint32_t number() const { return number_; }

  /// Takes in one more event, checked.
  void learn(EventLayout layout);

  /// Does the text at `at` fit? Then its values have been put where they go, and what follows it is
  /// returned; else nullptr, and some may have been put. No control character is passed. kPadding
  /// bytes behind `end` are readable.
  [[nodiscard]] const char* follow(const char* at, const char* end) const {
    return follow_(first_, at, end);
  }

  /// What is compared, 32 bytes at a time, and the value behind it.
  struct Stretch {
    enum class Then : std::uint8_t { text, number, fork, end };
    struct Fixed {
      std::string_view* to;
      std::size_t begin;  // within the stretch
      std::size_t size;
    };

    const Bounds* bounds_end = nullptr;  // of one at least
    const Plain* plain_end = nullptr;    // of as many
    std::ptrdiff_t first = 0;            // of them, counted in bytes of text from their end
    std::ptrdiff_t size = 0;
    const Fixed* fixed = nullptr;
    const Fixed* fixed_end = nullptr;
    Then then = Then::end;
    std::string_view* to = nullptr;  // never nullptr, if a value comes
    const Stretch* next = nullptr;   // behind that
    const Stretch* other = nullptr;  // in its stead, where events differ
  };

 private:
  using Follow = const char* (*)(const Stretch* first, const char* at, const char* end);
  using Layouts = std::vector<const EventLayout*>;
  static constexpr std::size_t kNone = ~std::size_t{0};

  /// A stretch with all that it points at, others by their numbers.
  struct Draw {
    Stretch stretch;
    std::vector<Bounds> bounds;
    std::vector<Plain> plain;
    std::vector<Stretch::Fixed> fixed;
    std::size_t next = kNone;
    std::size_t other = kNone;
  };

  [[nodiscard]] bool fits(const EventLayout& layout, const EventLayout::Value& value) const;
  [[nodiscard]] bool widen(EventLayout& known, const EventLayout& other) const;
  void lay_out();
  std::size_t lay_out(const Layouts& layouts, std::size_t value);
  std::size_t lay_out_alike(const Layouts& layouts, std::size_t value);
  void append(Draw& draw, std::string_view bytes, EventLayout::Takes takes);

  const Language language_;
  const std::uint32_t number_;
  const Follow follow_;

  std::vector<EventLayout> layouts_;  // each with other traits
  std::vector<Draw> drawn_;
  const Stretch* first_ = nullptr;  // what no text fits, until one is learnt
  std::string_view unread_;         // where values go that are not read
};

/// Searches a log line for the first angle bracket, control or non-ASCII character; nullptr: there
/// is none. kPadding bytes behind `end` are readable.
using LogSearch = const char* (*)(const char* at, const char* end);
[[nodiscard]] LogSearch log_search(Lanes lanes);

}  // namespace vmtrail
