// SPDX-License-Identifier: Apache-2.0

#include "rules/name_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace vmtrail {

namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

// Odd, without pattern: fractional parts of square roots, as of SHA-512.
constexpr std::array<std::uint64_t, 6> kFactors = {0x6a09e667f3bcc909, 0xbb67ae8584caa73b,
                                                   0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                                   0x510e527fade682d1, 0x9b05688c2b3e6c1f};

std::uint64_t word(const char* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, kWord);
  return value;
}

// A sum of products, which do not wait for each other; the upper a bit of it, the more of the name
// it depends on. Nearly every event type has 8 to 48 bytes: they take no branch, words beyond the
// end being the last one again.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t sum = name.size() * kFactors[0];
  if (name.size() < kWord) {
    std::array<char, kWord> padded{};
    std::copy(name.begin(), name.end(), padded.begin());
    sum += word(padded.data()) * kFactors[1];
  } else {
    const std::size_t last = name.size() - kWord;
    const auto at_word = [&](std::size_t i) {
      return word(name.data() + std::min(i * kWord, last)) + kFactors[i];
    };
    sum += at_word(0) * at_word(1) + at_word(2) * at_word(3) + at_word(4) * at_word(5);
    for (std::size_t at = kFactors.size() * kWord; at < name.size(); at += kWord) {
      sum = (std::rotl(sum, 32) ^ word(name.data() + std::min(at, last))) * kFactors[1];
    }
  }
  return sum;
}

std::uint32_t upper_half(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

NameTable::NameTable(std::span<const Entry> entries)
    : slots_(std::bit_ceil(2 * entries.size() + 2)),
      mask_(slots_.size() - 1),
      shift_(64 - std::countr_zero(slots_.size())) {
  for (const Entry& entry : entries) {
    if (find(entry.name) != kNone) continue;
    const std::uint64_t hash = hash_of(entry.name);
    std::size_t i = hash >> shift_;
    while (slots_[i].number != kNone) i = (i + 1) & mask_;
    slots_[i] = {upper_half(hash), static_cast<std::uint32_t>(entry.name.size()),
                 static_cast<std::uint32_t>(text_.size()), entry.number};
    text_ += entry.name;
  }
}

std::uint32_t NameTable::find(std::string_view name) const {
  const std::uint64_t hash = hash_of(name);
  for (std::size_t i = hash >> shift_;; i = (i + 1) & mask_) {
    const Slot& slot = slots_[i];
    if (slot.number == kNone) return kNone;
    if (slot.hash == upper_half(hash) &&
        std::string_view(text_.data() + slot.at, slot.size) == name) {
      return slot.number;
    }
  }
}

}  // namespace vmtrail
