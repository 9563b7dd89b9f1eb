// SPDX-License-Identifier: Apache-2.0
// Comparing a text with a pattern, in which some characters may be nearly any.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/block.h"

namespace vmtrail {

/// Stands in a pattern for any one common character. All else in a pattern is ASCII and stands for
/// itself.
inline constexpr char kAnyCommon = '\x80';

/// By the lowest four bits of a character, the least that is common. So none is a quote, a
/// backslash, a control character or beyond ASCII: each is one of a JSON string, and nothing else.
/// With the backslash, which shares its bits, go L, comma and the less-than sign.
inline constexpr std::array<char, 16> kLeastCommon = {' ', ' ', '#', ' ', ' ', ' ', ' ', ' ',
                                                      ' ', ' ', ' ', ' ', ']', ' ', ' ', ' '};

[[nodiscard]] constexpr bool is_common(char c) {
  return static_cast<signed char>(c) >=
         static_cast<signed char>(kLeastCommon[static_cast<unsigned char>(c) % 16]);
}

[[nodiscard]] constexpr bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Compares 32 bytes after the other, and tells only in the end. Patterns are aligned to 32.
class PatternMatch {
 public:
  using Bits = Block::Bits;
  static constexpr std::size_t kSize = 32;

#if defined(__SSE2__)
  void compare(const char* text, const char* pattern) {
    compare(text, pattern, low_);
    compare(text + 16, pattern + 16, high_);
  }

  /// A bit for each of the 32 columns, that of the first one lowest: was all of it as the pattern?
  [[nodiscard]] Bits columns() const {
    return static_cast<Bits>(_mm_movemask_epi8(low_)) | static_cast<Bits>(_mm_movemask_epi8(high_))
                                                            << 16;
  }

 private:
  // Without the shuffle of later instruction sets a character is looked at as a Block does, and L,
  // comma and less-than sign besides.
  static void compare(const char* text, const char* pattern, __m128i& matched) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const __m128i wanted = _mm_load_si128(reinterpret_cast<const __m128i*>(pattern));
    const __m128i row = _mm_and_si128(bytes, _mm_set1_epi8(15));
    const __m128i quotes = _mm_cmpeq_epi8(row, _mm_set1_epi8(2));
    const __m128i backslashes = _mm_cmpeq_epi8(row, _mm_set1_epi8(12));
    const __m128i least = _mm_add_epi8(
        _mm_set1_epi8(' ' - 1), _mm_or_si128(_mm_and_si128(quotes, _mm_set1_epi8('#' - ' ')),
                                             _mm_and_si128(backslashes, _mm_set1_epi8(']' - ' '))));
    const __m128i common = _mm_cmpgt_epi8(bytes, least);
    const __m128i any = _mm_cmpgt_epi8(_mm_setzero_si128(), wanted);
    const __m128i same = _mm_cmpeq_epi8(bytes, wanted);
    matched = _mm_and_si128(matched,
                            _mm_or_si128(_mm_and_si128(any, common), _mm_andnot_si128(any, same)));
  }

  __m128i low_ = _mm_set1_epi8(-1);
  __m128i high_ = _mm_set1_epi8(-1);
#else
  void compare(const char* text, const char* pattern) {
    for (std::size_t i = 0; i < kSize; ++i) {
      const bool match = pattern[i] == kAnyCommon ? is_common(text[i]) : text[i] == pattern[i];
      columns_ &= ~(Bits{!match} << i);
    }
  }

  [[nodiscard]] Bits columns() const {
    return columns_;
  }

 private:
  Bits columns_ = ~Bits{0};
#endif
};

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
/// The same with AVX2.
class WidePatternMatch {
 public:
  using Bits = Block::Bits;
  static constexpr std::size_t kSize = PatternMatch::kSize;

  WidePatternMatch()
      : least_(_mm256_broadcastsi128_si256(
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(kLeastCommon.data())))),
        matched_(_mm256_set1_epi8(-1)) {}

  void compare(const char* text, const char* pattern) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i wanted = _mm256_load_si256(reinterpret_cast<const __m256i*>(pattern));
    // Characters that are not common become others. Of those beyond ASCII the shuffle makes 0.
    const __m256i common = _mm256_max_epi8(bytes, _mm256_shuffle_epi8(least_, bytes));
    const __m256i same = _mm256_cmpeq_epi8(bytes, _mm256_blendv_epi8(wanted, common, wanted));
    matched_ = _mm256_and_si256(matched_, same);
  }
  [[nodiscard]] Bits columns() const { return static_cast<Bits>(_mm256_movemask_epi8(matched_)); }

 private:
  __m256i least_;
  __m256i matched_;
};
VMTRAIL_END_WIDE
#endif

}  // namespace vmtrail
