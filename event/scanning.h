// SPDX-License-Identifier: Apache-2.0
// What the scanners take at one look.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "event/block.h"

namespace vmtrail {

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

/// How long a text was the last time. Most often it is as long again; then what follows it need not
/// wait until its end is found, for the processor goes on from there while that is still compared.
class UsualSize {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Does the first of the bits stand for the byte behind a text of that size? For 32 bytes or more
  /// never.
  [[nodiscard]] bool is_first_of(Block::Bits bits) const { return (bits & up_to_) == last_; }

  /// The size that was found. It is told from here, if it is the same.
  std::size_t foreseen(std::size_t size) {
    std::size_t same = size_;
#if defined(__GNUC__)
    asm("" : "+r"(same));  // or the compiler would take `size` for it, which is the same
#endif
    if (size == size_) return same;
    size_ = size;
    last_ = size < 32 ? Block::Bits{1} << size : 1;
    up_to_ = size < 32 ? last_ * 2 - 1 : 0;
    return size;
  }

 private:
  std::size_t size_ = 0;
  Block::Bits up_to_ = 0;
  Block::Bits last_ = 1;
};

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

/// Where the first of two characters stands; the size of the text if there is none. For texts as
/// short as names.
[[nodiscard]] inline std::size_t find_either(std::string_view text, char a, char b) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::size_t kHalf = kWord / 2;
  std::size_t at = 0;
  if (std::endian::native == std::endian::little && text.size() >= kHalf) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    // The first byte that is 0 has its highest bit set; a borrow reaches only what follows.
    const auto zeros = [&](std::uint64_t word, char c) {
      const std::uint64_t differ = word ^ kOnes * static_cast<unsigned char>(c);
      return (differ - kOnes) & ~differ & kOnes << 7;
    };
    const auto place_in = [](std::uint64_t found) {
      return static_cast<std::size_t>(std::countr_zero(found)) / 8;
    };
    if (text.size() < kWord) {
      // Both halves of a word, of which the second reaches back into the first.
      std::uint32_t first = 0;
      std::uint32_t last = 0;
      std::memcpy(&first, text.data(), kHalf);
      std::memcpy(&last, text.data() + text.size() - kHalf, kHalf);
      const std::uint64_t word = first | std::uint64_t{last} << 32;
      const std::uint64_t found = zeros(word, a) | zeros(word, b);
      if (found == 0) return text.size();
      at = place_in(found);
      return at < kHalf ? at : at + text.size() - kWord;
    }
    // The last word reaches back to what has been looked at.
    for (;; at = std::min(at + kWord, text.size() - kWord)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t found = zeros(word, a) | zeros(word, b);
      if (found != 0) return at + place_in(found);
      if (at + kWord == text.size()) return text.size();
    }
  }
  while (at != text.size() && text[at] != a && text[at] != b) ++at;
  return at;
}

}  // namespace vmtrail
