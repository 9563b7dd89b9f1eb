// SPDX-License-Identifier: Apache-2.0
// How a course is followed. Included by event_course.cc alone, once for each set of instructions,
// in a namespace that has Lanes of its own; therefore without a guard.

/// Ceilometer's JSON: strings and whole numbers.
struct Json {
  static constexpr char kEnd = '"';
  static std::uint32_t ends(const char* text) { return Lanes(text).ends_json(); }
  static void compare(Lanes::Misfits& misfits, const char* text, const Bounds& bounds) {
    misfits.add_json(text, bounds);
  }
};

/// Log lines, which end at a control character.
struct Logged {
  static constexpr char kEnd = '>';
  static std::uint32_t ends(const char* text) { return Lanes(text).ends_log_line(); }
  static void compare(Lanes::Misfits& misfits, const char* text, const Bounds& bounds) {
    misfits.add_log(text, bounds);
  }
};

template <class Language>
const char* follow(const EventCourse::Stretch* stretch, const char* at, const char* end) {
  using Then = EventCourse::Stretch::Then;
  while (stretch != nullptr) {
    const auto fits = [&] {
      Lanes::Misfits misfits;
      const char* text = at;
      const Bounds* bounds = stretch->bounds;
      do {
        Language::compare(misfits, text, *bounds);
        text += Bounds::kSize;
      } while (++bounds != stretch->bounds_end);
      return misfits.none();
    };
    if (end - at < stretch->size || !fits()) {
      stretch = stretch->other;
      continue;
    }
    for (const auto* one = stretch->fixed; one != stretch->fixed_end; ++one) {
      *one->to = {at + one->begin, one->size};
    }
    at += stretch->size;
    switch (stretch->then) {
      case Then::text: {
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
        break;
      }
      case Then::number: {
        const std::size_t digits = leading_digits(at);
        if (digits == 0 || digits == kMostDigits || (*at == '0' && digits != 1)) return nullptr;
        *stretch->to = {at, digits};
        at += digits;
        break;
      }
      case Then::fork:
        break;
      case Then::end:
        return at;
    }
    stretch = stretch->next;
  }
  return nullptr;
}
