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
constexpr std::array<std::uint64_t, 4> kFactors = {0x6a09e667f3bcc909, 0xbb67ae8584caa73b,
                                                   0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1};

std::uint64_t word(const char* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, kWord);
  return value;
}

// Of the size and both ends of the name, which tell nearly all event types apart; the upper a bit
// of it, the more it depends on.
inline std::uint64_t hash_of(std::string_view name) {
  if (name.size() < kWord) {
    std::array<char, kWord> padded{};
    std::copy(name.begin(), name.end(), padded.begin());
    return (word(padded.data()) + name.size()) * kFactors[0];
  }
  const char* const end = name.data() + name.size();
  const std::uint64_t first = word(name.data()) + kFactors[0];
  const std::uint64_t last = word(end - kWord) * kFactors[1];
  const std::uint64_t before = word(end - std::min(name.size(), 2 * kWord)) * kFactors[2];
  const std::uint64_t sum =
      (first ^ name.size()) * kFactors[3] + (last ^ last >> 32) + (before ^ std::rotr(before, 32));
  return (sum ^ sum >> 29) * kFactors[0];
}

std::uint32_t upper_half(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

NameTable::NameTable(std::span<const Entry> entries)
    : slots_(std::bit_ceil(4 * entries.size() + 2)),
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
    if (slot.hash == upper_half(hash) && slot.size == name.size() &&
        std::equal(name.begin(), name.end(), text_.data() + slot.at)) {
      return slot.number;
    }
  }
}

}  // namespace vmtrail
