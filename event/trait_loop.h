// SPDX-License-Identifier: Apache-2.0
// The inner loop of the scanners. Included by trait_heads.cc alone, once for each set of
// instructions, in a namespace that has Lanes of its own; therefore without a guard.

/// The values in Ceilometer's JSON: strings and whole numbers.
struct Json {
  static constexpr char kEnd = '"';
  static constexpr bool kNumbers = true;
  static std::uint32_t ends(const char* text) { return Lanes(text).ends_json(); }
};

/// The values in log lines.
struct Logged {
  static constexpr char kEnd = '>';
  static constexpr bool kNumbers = false;
  static std::uint32_t ends(const char* text) { return Lanes(text).ends_log(); }
};

template <class Language>
const char* take(const char* at, const char* end, TraitHeads::Walk& walk) {
  for (;;) {
    const TraitHeads::Head& head = walk.previous->next();
    if ((head.needed() & ~TraitHeads::Bits{Lanes::same(at, head.bytes())}) != 0) return at;
    const char* const begin = at + head.size();
    if (begin >= end) return at;
    if (Language::kNumbers && begin[-1] != '"') {
      const std::size_t digits = leading_digits(begin);
      if (digits == 0 || digits == kMostDigits || (*begin == '0' && digits != 1)) return at;
      *head.slot = {begin, digits};
      at = begin + head.usual.foreseen(digits);
    } else {
      std::uint32_t ends = Language::ends(begin);
      const std::size_t usual = head.usual.size();
      if (head.usual.is_first_of(ends) && begin[usual] == Language::kEnd) {
        *head.slot = {begin, usual};
        at = begin + usual + 1;
      } else {
        const char* block = begin;
        while (ends == 0) {
          block += Lanes::kSize;
          if (block >= end) return at;
          ends = Language::ends(block);
        }
        const char* const stop = block + std::countr_zero(ends);
        if (*stop != Language::kEnd) return at;
        const auto size = static_cast<std::size_t>(stop - begin);
        *head.slot = {begin, size};
        at = begin + head.usual.foreseen(size) + 1;
      }
    }
    walk.take(head);
  }
}
