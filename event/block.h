// SPDX-License-Identifier: Apache-2.0
// Sixteen bytes at a time: with SSE2, which every x86-64 has, else byte by byte.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vmtrail {

/// Sixteen bytes of a text. What it tells is a bit for each byte, that of the first one lowest.
class Block {
 public:
  using Bits = std::uint32_t;
  static constexpr std::size_t kSize = 16;

#if defined(__SSE2__)
  explicit Block(const char* text)
      : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text))) {}
  /// Of a text that is aligned to kSize.
  static Block aligned(const char* text) {
    return Block(_mm_load_si128(reinterpret_cast<const __m128i*>(text)));
  }

  [[nodiscard]] Bits same(Block other) const {
    return bits(_mm_cmpeq_epi8(bytes_, other.bytes_));
  }

  /// What ends the plain part of a JSON string: quote, backslash, control characters, non-ASCII.
  [[nodiscard]] Bits ends_json() const {
    // Bit 1 flipped, the quote comes right after the control characters; as a signed number a byte
    // beyond ASCII comes before them.
    const __m128i flipped = _mm_xor_si128(bytes_, _mm_set1_epi8(2));
    const __m128i plain = _mm_andnot_si128(_mm_cmpeq_epi8(flipped, _mm_set1_epi8('\\' ^ 2)),
                                           _mm_cmpgt_epi8(flipped, _mm_set1_epi8('"' ^ 2)));
    return bits(plain) ^ 0xffff;
  }

  /// `<`, `>` and non-ASCII.
  [[nodiscard]] Bits ends_log() const {
    const __m128i either = _mm_or_si128(bytes_, _mm_set1_epi8('<' ^ '>'));
    return bits(_mm_or_si128(bytes_, _mm_cmpeq_epi8(either, _mm_set1_epi8('>'))));
  }

  /// Those, commas, blanks and other characters that are no part of an identifier or event type.
  [[nodiscard]] Bits ends_log_header() const {
    const __m128i either = _mm_or_si128(bytes_, _mm_set1_epi8('<' ^ '>'));
    const __m128i plain = _mm_andnot_si128(_mm_cmpeq_epi8(either, _mm_set1_epi8('>')),
                                           _mm_cmpgt_epi8(bytes_, _mm_set1_epi8(',')));
    return bits(plain) ^ 0xffff;
  }

 private:
  explicit Block(__m128i bytes) : bytes_(bytes) {}
  static Bits bits(__m128i bytes) {
    return static_cast<Bits>(_mm_movemask_epi8(bytes));
  }

  __m128i bytes_;
#else
  explicit Block(const char* text) {
    std::memcpy(bytes_.data(), text, kSize);
  }

  [[nodiscard]] Bits same(Block other) const {
    return bits([&](std::size_t i) { return bytes_[i] == other.bytes_[i]; });
  }
  [[nodiscard]] Bits ends_json() const {
    return bits([this](std::size_t i) {
      return bytes_[i] == '"' || bytes_[i] == '\\' || bytes_[i] < 0x20 || bytes_[i] >= 0x80;
    });
  }
  [[nodiscard]] Bits ends_log() const {
    return bits([this](std::size_t i) {
      return bytes_[i] == '<' || bytes_[i] == '>' || bytes_[i] >= 0x80;
    });
  }
  [[nodiscard]] Bits ends_log_header() const {
    return ends_log() | bits([this](std::size_t i) { return bytes_[i] <= ','; });
  }

 private:
  template <class Test>
  static Bits bits(Test test) {
    Bits all = 0;
    for (std::size_t i = 0; i < kSize; ++i) all |= Bits{test(i)} << i;
    return all;
  }

  std::array<unsigned char, kSize> bytes_;
#endif
};

/// Does `text` begin with the literal? So many of its bytes must be readable.
template <std::size_t kLength>
[[nodiscard]] inline bool begins_with(const char* text, const char (&literal)[kLength]) {
  constexpr std::size_t kSize = kLength - 1;
  const auto differ = [&]<class Word>(Word, std::size_t at) {
    Word a;
    Word b;
    std::memcpy(&a, text + at, sizeof a);
    std::memcpy(&b, literal + at, sizeof b);
    return a ^ b;
  };
  if constexpr (kSize > 16) {
    return (differ(std::uint64_t{}, 0) | differ(std::uint64_t{}, 8) |
            differ(std::uint64_t{}, kSize - 8)) == 0;
  } else if constexpr (kSize >= 8) {
    return (differ(std::uint64_t{}, 0) | differ(std::uint64_t{}, kSize - 8)) == 0;
  } else if constexpr (kSize >= 4) {
    return (differ(std::uint32_t{}, 0) | differ(std::uint32_t{}, kSize - 4)) == 0;
  } else {
    return std::memcmp(text, literal, kSize) == 0;
  }
  static_assert(kSize <= 24);
}

/// The size of what was found, which most often is `usual`: then what follows need not wait for the
/// search, for the processor goes on with the usual size while it is still being compared.
[[nodiscard]] inline std::size_t foreseen(std::size_t size, std::size_t& usual) {
  std::size_t same = usual;
#if defined(__GNUC__)
  asm("" : "+r"(same));  // or the compiler would take `size` for it, which is the same
#endif
  if (size == usual) return same;
  usual = size;
  return size;
}

/// How many digits `text` begins with; kMostDigits: so many or more. So many bytes are readable.
inline constexpr std::size_t kMostDigits = 8;
[[nodiscard]] inline std::size_t leading_digits(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  const std::uint64_t values = word ^ 0x3030303030303030U;
  // The first byte that is above 9 has its highest bit set; a carry reaches only what follows.
  const std::uint64_t others = ((values + 0x7676767676767676U) | values) & 0x8080808080808080U;
  if constexpr (std::endian::native == std::endian::little) {
    return static_cast<std::size_t>(std::countr_zero(others)) / 8;
  } else {
    std::size_t count = 0;
    while (count < kMostDigits && text[count] >= '0' && text[count] <= '9') ++count;
    return count;
  }
}

}  // namespace vmtrail
