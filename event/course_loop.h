// SPDX-License-Identifier: Apache-2.0
// How a course is followed. Included by event_course.cc alone, once for each set of instructions,
// in a namespace that has Lanes of its own; therefore without a guard.

/// Ceilometer's JSON: strings and whole numbers.
struct Json {
  static constexpr char kEnd = '"';
  static std::uint32_t ends(const char* text) { return Lanes(text).ends_json(); }
  static void compare(Lanes::Misfits& misfits, const char* text, const Bounds& bounds,
                      const Plain& /*plain*/) {
    misfits.add_json(text, bounds);
  }
};

/// Log lines, which end at a control character.
struct Logged {
  static constexpr char kEnd = '>';
  static std::uint32_t ends(const char* text) { return Lanes(text).ends_log_line(); }
  static void compare(Lanes::Misfits& misfits, const char* text, const Bounds& bounds,
                      const Plain& plain) {
    misfits.add_log(text, bounds, plain);
  }
};

template <class Language>
const char* follow(const EventCourse::Stretch* stretch, const char* at, const char* end) {
  using Then = EventCourse::Stretch::Then;
  while (stretch != nullptr) {
    const auto fits = [&] {
      Lanes::Misfits misfits;
      // One number for all places, up to 0, which takes no comparison.
      constexpr std::ptrdiff_t kStep = Bounds::kSize;
      static_assert(sizeof(Bounds) == 2 * kStep && sizeof(Plain) == kStep);
      const char* const bounds_end = reinterpret_cast<const char*>(stretch->bounds_end);
      const char* const plain_end = reinterpret_cast<const char*>(stretch->plain_end);
      std::ptrdiff_t left = stretch->first;
      const char* const text_end = at - left;
      do {
        Language::compare(misfits, text_end + left,
                          *reinterpret_cast<const Bounds*>(bounds_end + 2 * left),
                          *reinterpret_cast<const Plain*>(plain_end + left));
        left += kStep;
      } while (left != 0);
      return misfits.none();
    };
    // Behind each but the last one there is a next one.
    for (; end - at >= stretch->size && fits(); stretch = stretch->next) {
      for (const auto* one = stretch->fixed; one != stretch->fixed_end; ++one) {
        *one->to = {at + one->begin, one->size};
      }
      at += stretch->size;
      if (stretch->then == Then::text) {
        const char* block = at;
        std::uint32_t ends = Language::ends(block);
        while (ends == 0) {
          block += Lanes::kSize;
          if (block >= end) return nullptr;
          ends = Language::ends(block);
        }
        const char* const stop = block + std::countr_zero(ends);
        if (*stop != Language::kEnd) return nullptr;
        *stretch->to = {at, static_cast<std::size_t>(stop - at)};
        at = stop;
      } else if (stretch->then == Then::number) {
        const std::size_t digits = leading_digits(at);
        if (digits == 0 || digits == kMostDigits || (*at == '0' && digits != 1)) return nullptr;
        *stretch->to = {at, digits};
        at += digits;
      } else if (stretch->then == Then::end) {
        return at;
      }
    }
    stretch = stretch->other;
  }
  return nullptr;
}

/// See log_search().
inline const char* find_special(const char* at, const char* end) {
  for (; at < end; at += Lanes::kSize) {
    const std::uint32_t ends = Lanes(at).ends_log_line();
    if (ends == 0) continue;
    at += std::countr_zero(ends);
    return at < end ? at : nullptr;
  }
  return nullptr;
}
