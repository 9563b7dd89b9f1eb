// SPDX-License-Identifier: Apache-2.0
// Copying text for JSON that nearly always has nothing in it to be escaped.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vmtrail::json {

#if defined(__SSE2__)

/// Copies words and notes whether any of their bytes has to be escaped.
class PlainCopy {
 public:
  void sixteen(char* to, const char* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    look_at(bytes);
  }
  /// Two words, which may overlap.
  void eights(char* to, const char* from, std::size_t distance) {
    look_at(_mm_set_epi64x(
        static_cast<long long>(copied<std::uint64_t>(to, from)),
        static_cast<long long>(copied<std::uint64_t>(to + distance, from + distance))));
  }
  void fours(char* to, const char* from, std::size_t distance) {
    look_at(copied<std::uint32_t>(to, from), copied<std::uint32_t>(to + distance, from + distance));
  }
  /// Up to three bytes.
  void few(char* to, const char* from, std::size_t size) {
    if (size == 0) return;
    const std::uint32_t first = copied<std::uint8_t>(to, from);
    const std::uint32_t middle = copied<std::uint8_t>(to + size / 2, from + size / 2);
    const std::uint32_t last = copied<std::uint8_t>(to + size - 1, from + size - 1);
    look_at(first * 0x01010101U, (middle << 8 | last) * 0x10001U);  // they fill the words
  }
  [[nodiscard]] bool is_plain() const {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(lowest_, _mm_set1_epi8(' ')), lowest_);
    return _mm_movemask_epi8(_mm_or_si128(low, others_)) == 0;
  }

 private:
  template <class Word>
  static Word copied(char* to, const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    std::memcpy(to, &word, sizeof word);
    return word;
  }
  void look_at(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t both = a | std::uint64_t{b} << 32;
    look_at(_mm_set1_epi64x(static_cast<long long>(both)));
  }
  void look_at(__m128i bytes) {
    const auto is = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    // So turned, the control characters and the quote are those up to the blank's number.
    lowest_ = _mm_min_epu8(lowest_, _mm_xor_si128(bytes, _mm_set1_epi8('"' ^ ' ')));
    others_ = _mm_or_si128(others_, _mm_or_si128(is('\\'), is('\x7f')));
  }

  __m128i lowest_ = _mm_set1_epi8(-1);
  __m128i others_ = _mm_setzero_si128();
};

/// Writes the text at `to` as it is. False: some of it has to be escaped, and what was written does
/// not count.
inline bool put_plain(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  PlainCopy copy;
  // The last word overlaps the one before it, so that every size takes whole words.
  if (size >= 16) {
    copy.sixteen(to, from);
    for (std::size_t at = 16; at + 16 < size; at += 16) copy.sixteen(to + at, from + at);
    copy.sixteen(to + size - 16, from + size - 16);
  } else if (size >= 8) {
    copy.eights(to, from, size - 8);
  } else if (size >= 4) {
    copy.fours(to, from, size - 4);
  } else {
    copy.few(to, from, size);
  }
  return copy.is_plain();
}

#else

inline bool put_plain(char*, std::string_view) {
  return false;
}

#endif

}  // namespace vmtrail::json
