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
constexpr std::uint64_t kFactor = 0x6a09e667f3bcc909;
constexpr std::uint64_t kOther = 0xbb67ae8584caa73b;

std::uint64_t word(const char* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, kWord);
  return value;
}

// Of the size and the last sixteen bytes, which tell nearly all event types apart; the upper a bit
// of it, the more it depends on.
inline std::uint64_t hash_of(std::string_view name) {
  if (name.size() < kWord) {
    std::array<char, kWord> padded{};
    std::copy(name.begin(), name.end(), padded.begin());
    return (word(padded.data()) + name.size()) * kFactor;
  }
  const char* const end = name.data() + name.size();
  const std::uint64_t last = word(end - kWord);
  const std::uint64_t before = word(end - std::min(name.size(), 2 * kWord));
  const std::uint64_t sum = (last ^ last >> 32) * kOther + before + name.size();
  return (sum ^ sum >> 29) * kFactor;
}

// Of texts of one size: quicker than a call.
inline bool same(const char* a, const char* b, std::size_t size) {
  if (size < kWord) return std::equal(a, a + size, b);
  for (std::size_t at = 0; at + kWord < size; at += kWord) {
    if (word(a + at) != word(b + at)) return false;
  }
  return word(a + size - kWord) == word(b + size - kWord);
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
        same(name.data(), text_.data() + slot.at, name.size())) {
      return slot.number;
    }
  }
}

}  // namespace vmtrail
