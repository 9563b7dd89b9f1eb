// SPDX-License-Identifier: Apache-2.0
// Comparing a text with a pattern, in which some characters may be nearly any.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/block.h"

namespace vmtrail {

/// Stands in a pattern for any one common character. All else in a pattern is ASCII and stands for
/// itself.
inline constexpr char kAnyCommon = '\x80';

/// By the lowest four bits of a character, the least that is common; twice, as AVX2 looks up in two
/// halves. So none is a quote, a backslash, a control character or beyond ASCII: each is one of a
/// JSON string, and nothing else. With the backslash, which shares its bits, go L, comma and the
/// less-than sign.
alignas(32) inline constexpr std::array<char, 32> kLeastCommon = {
    ' ', ' ', '#', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ']', ' ', ' ', ' ',
    ' ', ' ', '#', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ']', ' ', ' ', ' '};

[[nodiscard]] constexpr bool is_common(char c) {
  return static_cast<signed char>(c) >=
         static_cast<signed char>(kLeastCommon[static_cast<unsigned char>(c) % 16]);
}

[[nodiscard]] constexpr bool is_ascii(std::string_view text) {
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

/// Compares 32 bytes after the other, and tells only in the end. Patterns are aligned to 32.
class PatternMatch {
 public:
  using Bits = Block::Bits;
  static constexpr std::size_t kSize = 32;

#if defined(__SSE2__)
  void compare(const char* text, const char* pattern) {
    low_ = _mm_and_si128(low_, compare_half(text, pattern));
    high_ = _mm_and_si128(high_, compare_half(text + 16, pattern + 16));
  }

  /// A bit for each of the 32 columns, that of the first one lowest: was all of it as the pattern?
  [[nodiscard]] Bits columns() const {
    return bits(low_, high_);
  }

  /// The same for 32 characters of a text: which of them are not common?
  [[nodiscard]] static Bits uncommon(const char* text) {
    return ~bits(common(load(text)), common(load(text + 16)));
  }

 private:
  static __m128i load(const char* text) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  }
  static __m128i common(__m128i bytes) {
    // There is no shuffle that looks kLeastCommon up.
    const __m128i row = _mm_and_si128(bytes, _mm_set1_epi8(15));
    const auto more = [&](char c) {
      return _mm_and_si128(_mm_cmpeq_epi8(row, _mm_set1_epi8(c % 16)), _mm_set1_epi8(c + 1 - ' '));
    };
    const __m128i least = _mm_or_si128(more('"'), more('\\'));
    return _mm_cmpgt_epi8(bytes, _mm_add_epi8(least, _mm_set1_epi8(' ' - 1)));
  }
  static __m128i compare_half(const char* text, const char* pattern) {
    const __m128i bytes = load(text);
    const __m128i wanted = _mm_load_si128(reinterpret_cast<const __m128i*>(pattern));
    const __m128i any = _mm_cmpgt_epi8(_mm_setzero_si128(), wanted);
    return _mm_or_si128(_mm_and_si128(any, common(bytes)),
                        _mm_andnot_si128(any, _mm_cmpeq_epi8(bytes, wanted)));
  }
  static Bits bits(__m128i low, __m128i high) {
    return static_cast<Bits>(_mm_movemask_epi8(low)) | static_cast<Bits>(_mm_movemask_epi8(high))
                                                           << 16;
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
  [[nodiscard]] static Bits uncommon(const char* text) {
    Bits all = 0;
    for (std::size_t i = 0; i < kSize; ++i) all |= Bits{!is_common(text[i])} << i;
    return all;
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

  WidePatternMatch() : matched_(_mm256_set1_epi8(-1)) {}

  void compare(const char* text, const char* pattern) {
    const __m256i bytes = load(text);
    const __m256i wanted = _mm256_load_si256(reinterpret_cast<const __m256i*>(pattern));
    const __m256i same =
        _mm256_cmpeq_epi8(bytes, _mm256_blendv_epi8(wanted, made_common(bytes), wanted));
    matched_ = _mm256_and_si256(matched_, same);
  }
  [[nodiscard]] Bits columns() const { return bits(matched_); }
  [[nodiscard]] static Bits uncommon(const char* text) {
    const __m256i bytes = load(text);
    return ~bits(_mm256_cmpeq_epi8(bytes, made_common(bytes)));
  }

 private:
  static __m256i load(const char* text) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  }
  /// Only common characters stay what they are. Of those beyond ASCII the shuffle makes 0.
  static __m256i made_common(__m256i bytes) {
    const __m256i least = _mm256_load_si256(reinterpret_cast<const __m256i*>(kLeastCommon.data()));
    return _mm256_max_epi8(bytes, _mm256_shuffle_epi8(least, bytes));
  }
  static Bits bits(__m256i bytes) { return static_cast<Bits>(_mm256_movemask_epi8(bytes)); }

  __m256i matched_;
};
VMTRAIL_END_WIDE
#endif

}  // namespace vmtrail
