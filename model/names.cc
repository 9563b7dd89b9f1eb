// SPDX-License-Identifier: Apache-2.0

#include "model/names.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace vmtrail {

namespace {

constexpr std::size_t kChunkBits = 16;
constexpr std::size_t kChunk = std::size_t{1} << kChunkBits;
constexpr std::size_t kMaxChunks = std::size_t{1} << (32 - kChunkBits);
constexpr std::size_t kSizeBytes = 2;  // before each text

template <class Word>
std::uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The 128 bits of the product, folded: each bit of either factor reaches every bit of the result.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kOther = 0xd1b54a32d192ed03;

}  // namespace

Names::Names() : seed_(0), texts_{0}, slots_(1024, 0), chunk_used_(kSizeBytes) {
  chunks_.push_back(std::make_unique<char[]>(kChunk));  // with the empty text in front
  seed_ = mixed(reinterpret_cast<std::uintptr_t>(chunks_.front().get()), kOther);
  for (const std::string_view word :
       {"active", "building", "error", "deleted", "shelved_offloaded", "resized"}) {
    intern(word);
  }
}

std::uint64_t Names::hash_of(std::string_view text) const {
  const char* from = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = seed_ ^ left;
  for (; left > 16; left -= 16, from += 16) {
    hash = mixed(load<std::uint64_t>(from) ^ kOdd, load<std::uint64_t>(from + 8) ^ hash);
  }
  // The last words overlap what came before them.
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left >= 8) {
    a = load<std::uint64_t>(from);
    b = load<std::uint64_t>(from + left - 8);
  } else if (left >= 4) {
    a = load<std::uint32_t>(from);
    b = load<std::uint32_t>(from + left - 4);
  } else if (left > 0) {
    a = load<std::uint8_t>(from) << 8 | load<std::uint8_t>(from + left / 2);
    b = load<std::uint8_t>(from + left - 1);
  }
  return mixed(a ^ kOther, b ^ hash);
}

std::size_t Names::slot_of(std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash_of(text) & mask;
  while (slots_[slot] != 0 && this->text(NameId{slots_[slot]}) != text) slot = (slot + 1) & mask;
  return slot;
}

void Names::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::size_t i = 1; i < texts_.size(); ++i) {
    const NameId id{static_cast<std::uint32_t>(i)};
    slots_[slot_of(text(id))] = static_cast<std::uint32_t>(id);
  }
}

std::uint32_t Names::store(std::string_view text) {
  const std::size_t size = std::min(text.size(), kChunk - kSizeBytes - 1);
  if (chunk_used_ + kSizeBytes + size > kChunk) {
    if (chunks_.size() == kMaxChunks) throw std::length_error("4 GiB of names");
    chunks_.push_back(std::make_unique<char[]>(kChunk));
    chunk_used_ = 0;
  }
  const std::size_t at = chunk_used_;
  const auto short_size = static_cast<std::uint16_t>(size);
  std::memcpy(&chunks_.back()[at], &short_size, kSizeBytes);
  std::memcpy(&chunks_.back()[at + kSizeBytes], text.data(), size);
  chunk_used_ += kSizeBytes + size;
  return static_cast<std::uint32_t>((chunks_.size() - 1) << kChunkBits | at);
}

NameId Names::intern(std::string_view text) {
  if (text.empty()) return NameId::nothing;
  const std::size_t slot = slot_of(text);
  if (slots_[slot] != 0) return NameId{slots_[slot]};
  const NameId id{static_cast<std::uint32_t>(texts_.size())};
  texts_.push_back(store(text));
  slots_[slot] = static_cast<std::uint32_t>(id);
  if (texts_.size() * 4 > slots_.size() * 3) grow();
  return id;
}

std::string_view Names::text(NameId id) const {
  const std::uint32_t at = texts_[static_cast<std::size_t>(id)];
  const char* const place = &chunks_[at >> kChunkBits][at % kChunk];
  std::uint16_t size = 0;
  std::memcpy(&size, place, kSizeBytes);
  return {place + kSizeBytes, size};
}

NameId Names::make_host_key(NameId id) {
  std::string lower(text(id));
  // Host names are ASCII (RFC 1123); bytes of other characters stay as they are.
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const NameId key = intern(lower);
  const auto index = static_cast<std::size_t>(id);
  if (index >= keys_.size()) keys_.resize(std::max(index + 1, keys_.size() * 2), kNoKey);
  keys_[index] = key;
  return key;
}

}  // namespace vmtrail
