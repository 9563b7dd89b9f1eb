// SPDX-License-Identifier: Apache-2.0

#include "event/event_course.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "event/scanning.h"

namespace vmtrail {
namespace {

namespace narrow {
using Lanes = Block;
#include "event/course_loop.h"
}  // namespace narrow

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
namespace wide {
using Lanes = WideBlock;
#include "event/course_loop.h"
}  // namespace wide
VMTRAIL_END_WIDE
#endif

using Takes = EventLayout::Takes;

constexpr std::size_t kMostLayouts = 6;

bool is_text(Takes takes) {
  return takes == Takes::text || takes == Takes::word;
}

/// Are the values from there on, up to the next head, at the same places?
bool alike(const EventLayout& a, const EventLayout& b, std::size_t value) {
  if (a.head(value) != b.head(value)) return false;
  if (value == a.values.size() || value == b.values.size()) {
    return a.values.size() == b.values.size();
  }
  const EventLayout::Value& one = a.values[value];
  const EventLayout::Value& other = b.values[value];
  return !one.sized || one.end - one.begin == other.end - other.begin;
}

bool all_alike(const EventLayout& a, const EventLayout& b) {
  for (std::size_t i = 0; i <= a.values.size(); ++i) {
    if (i > b.values.size() || !alike(a, b, i)) return false;
  }
  return true;
}

}  // namespace

EventCourse::EventCourse(Language language, Lanes lanes, std::uint32_t number)
    : language_(language), number_(number), follow_([&]() -> Follow {
        const bool json = language == Language::json;
#if defined(VMTRAIL_HAS_WIDE)
        if (lanes == Lanes::wide)
          return json ? wide::follow<wide::Json> : wide::follow<wide::Logged>;
#else
        (void)lanes;
#endif
        return json ? narrow::follow<narrow::Json> : narrow::follow<narrow::Logged>;
      }()) {
}

LogSearch log_search(Lanes lanes) {
#if defined(VMTRAIL_HAS_WIDE)
  if (lanes == Lanes::wide) return wide::find_special;
#else
  (void)lanes;
#endif
  return narrow::find_special;
}

void EventCourse::learn(EventLayout layout) {
  // What leads here tells only most types apart.
  if (!layouts_.empty() && layout.type() != layouts_.front().type()) return;
  for (EventLayout& known : layouts_) {
    if (!all_alike(known, layout)) continue;
    if (widen(known, layout)) lay_out();
    return;
  }
  if (layouts_.size() == kMostLayouts) return;
  for (EventLayout::Value& value : layout.values) value.variable = !fits(layout, value);
  layouts_.push_back(std::move(layout));
  lay_out();
}

/// Is the value one that its own bounds let through?
bool EventCourse::fits(const EventLayout& layout, const EventLayout::Value& value) const {
  const std::size_t size = value.end - value.begin;
  if (value.takes == Takes::number) return size < kMostDigits;
  if (value.takes == Takes::same) return true;
  const std::string_view text = std::string_view(layout.text).substr(value.begin, size);
  return language_ == Language::logged ||
         std::none_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '!'; });
}

/// The values of an event of the same layout. False: there was nothing new in it.
bool EventCourse::widen(EventLayout& known, const EventLayout& other) const {
  bool wider = false;
  for (std::size_t i = 0; i < known.values.size(); ++i) {
    EventLayout::Value& value = known.values[i];
    const EventLayout::Value& another = other.values[i];
    if (value.variable || value.takes != another.takes) continue;
    const bool same_size = value.end - value.begin == another.end - another.begin;
    if (same_size && fits(other, another)) continue;
    value.variable = true;
    wider = true;
  }
  return wider;
}

void EventCourse::lay_out() {
  drawn_.clear();
  Layouts all;
  for (const EventLayout& layout : layouts_) all.push_back(&layout);
  const std::size_t first = lay_out(all, 0);
  const auto at = [&](std::size_t place) {
    return place == kNone ? nullptr : &drawn_[place].stretch;
  };
  for (Draw& draw : drawn_) {
    draw.stretch.bounds_end = draw.bounds.data() + draw.bounds.size();
    draw.stretch.plain_end = draw.plain.data() + draw.plain.size();
    draw.stretch.first = -static_cast<std::ptrdiff_t>(draw.bounds.size() * Bounds::kSize);
    draw.stretch.fixed = draw.fixed.data();
    draw.stretch.fixed_end = draw.fixed.data() + draw.fixed.size();
    draw.stretch.next = at(draw.next);
    draw.stretch.other = at(draw.other);
  }
  first_ = at(first);
}

/// From the head before that value on. Returns the number of the stretch that it begins with.
std::size_t EventCourse::lay_out(const Layouts& layouts, std::size_t value) {
  Layouts same;
  Layouts others;
  for (const EventLayout* const layout : layouts) {
    (alike(*layout, *layouts.front(), value) ? same : others).push_back(layout);
  }
  const std::size_t place = lay_out_alike(same, value);
  if (!others.empty()) {
    const std::size_t other = lay_out(others, value);
    drawn_[place].other = other;
  }
  return place;
}

/// The same of layouts that are alike up to the next head.
std::size_t EventCourse::lay_out_alike(const Layouts& layouts, std::size_t value) {
  const EventLayout& first = *layouts.front();
  const std::size_t place = drawn_.size();
  drawn_.emplace_back();
  Draw draw;
  for (;; ++value) {
    append(draw, first.head(value), Takes::same);
    if (value == first.values.size()) break;
    const EventLayout::Value& one = first.values[value];
    const std::string_view text =
        std::string_view(first.text).substr(one.begin, one.end - one.begin);
    const bool variable = std::any_of(layouts.begin(), layouts.end(), [&](const auto* layout) {
      const EventLayout::Value& other = layout->values[value];
      return other.variable || other.takes != one.takes || other.end - other.begin != text.size();
    });
    if (variable) {
      draw.stretch.then = is_text(one.takes) ? Stretch::Then::text : Stretch::Then::number;
      draw.stretch.to = one.to == nullptr ? &unread_ : one.to;
      draw.next = lay_out(layouts, value + 1);
      break;
    }
    if (one.to != nullptr) {
      draw.fixed.push_back({one.to, static_cast<std::size_t>(draw.stretch.size), text.size()});
    }
    append(draw, text, one.takes);
    if (!std::all_of(layouts.begin(), layouts.end(),
                     [&](const auto* layout) { return alike(*layout, first, value + 1); })) {
      draw.stretch.then = Stretch::Then::fork;
      draw.next = lay_out(layouts, value + 1);
      break;
    }
  }
  drawn_[place] = std::move(draw);
  return place;
}

void EventCourse::append(Draw& draw, std::string_view bytes, EventLayout::Takes takes) {
  const std::size_t size = bytes.size();
  while (!bytes.empty()) {
    const auto at = static_cast<std::size_t>(draw.stretch.size) % Bounds::kSize;
    if (at == 0) {
      draw.bounds.emplace_back();
      draw.plain.emplace_back();
    }
    const std::string_view part = bytes.substr(0, Bounds::kSize - at);
    unsigned char* const low = &draw.bounds.back().low[at];
    unsigned char* const high = &draw.bounds.back().high[at];
    if (takes == Takes::same) {
      std::memcpy(low, part.data(), part.size());
      std::memcpy(high, part.data(), part.size());
    } else if (is_text(takes)) {
      // The first is that behind the quote in JSON, behind the comma in a word of a log line.
      const char first = language_ == Language::json ? '#' : takes == Takes::word ? '-' : ' ';
      std::fill_n(low, part.size(), static_cast<unsigned char>(first));
      std::fill_n(high, part.size(), 0x7f);
      std::fill_n(&draw.plain.back().bytes[at], part.size(), 0xff);
    } else {
      std::fill_n(low, part.size(), '0');
      std::fill_n(high, part.size(), '9');
    }
    draw.stretch.size += static_cast<std::ptrdiff_t>(part.size());
    bytes.remove_prefix(part.size());
  }
  if (takes == Takes::number && size > 1) {
    const auto first = static_cast<std::size_t>(draw.stretch.size) - size;
    draw.bounds[first / Bounds::kSize].low[first % Bounds::kSize] = '1';
  }
}

}  // namespace vmtrail
