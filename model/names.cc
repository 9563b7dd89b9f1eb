// SPDX-License-Identifier: Apache-2.0

#include "model/names.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "vmtrail/ids.h"

namespace vmtrail {

namespace {

constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kOther = 0xd1b54a32d192ed03;
constexpr unsigned kRecentBits = 13;

}  // namespace

Names::Names(bool short_hosts)
    : short_hosts_(short_hosts),
      seed_(detail::kHashSeed.high),
      entries_{Entry{Words({}), 0, 0}},
      slots_(1024, 0),
      recent_(std::size_t{1} << kRecentBits, NameId::nothing),
      chunk_used_(0) {
  chunks_.push_back(std::make_unique<char[]>(kChunk));
  for (const std::string_view word : {"active", "building", "error", "deleted", "shelved_offloaded",
                                      "resized", "compute", "nova-compute"}) {
    intern(word);
  }
}

std::uint64_t Names::hash_of(std::string_view text, const Words& words) const {
  std::uint64_t hash = seed_ ^ text.size();
  for (std::size_t at = 8; at + 8 < text.size(); at += 8) {
    hash = detail::mixed(hash, load<std::uint64_t>(text.data() + at));
  }
  return detail::mixed(words.first ^ hash, words.last);
}

NameId Names::intern(std::string_view text, const Words& words) {
  const std::uint64_t mix = (words.first ^ words.last * kOther ^ text.size()) * kOdd;
  NameId& recent = recent_[mix >> (64 - kRecentBits)];
  if (!is(recent, text, words)) recent = find_or_add(text, words);
  return recent;
}

NameId Names::find_or_add(std::string_view text, const Words& words) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash_of(text, words) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (is(NameId{slots_[slot]}, text, words)) return NameId{slots_[slot]};
  }
  const NameId id{static_cast<std::uint32_t>(entries_.size())};
  entries_.push_back(store(text, words));
  slots_[slot] = static_cast<std::uint32_t>(id);
  if (entries_.size() * 4 > slots_.size() * 3) grow();
  return id;
}

NameId Names::find(std::string_view text) const {
  if (text.empty()) return NameId::nothing;
  const Words words(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash_of(text, words) & mask; slots_[slot] != 0;
       slot = (slot + 1) & mask) {
    if (is(NameId{slots_[slot]}, text, words)) return NameId{slots_[slot]};
  }
  return NameId::nothing;
}

void Names::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    const std::string_view known = text(NameId{static_cast<std::uint32_t>(i)});
    std::size_t slot = hash_of(known, entries_[i].words) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i);
  }
}

Names::Entry Names::store(std::string_view text, const Words& words) {
  text = text.substr(0, kChunk);
  if (chunk_used_ + text.size() > kChunk) {
    if (chunks_.size() == kMaxChunks) throw std::length_error("4 GiB of names");
    chunks_.push_back(std::make_unique<char[]>(kChunk));
    chunk_used_ = 0;
  }
  const std::size_t at = chunk_used_;
  std::memcpy(&chunks_.back()[at], text.data(), text.size());
  chunk_used_ += text.size();
  return {words, static_cast<std::uint32_t>((chunks_.size() - 1) << kChunkBits | at),
          static_cast<std::uint32_t>(text.size())};
}

NameId Names::make_host_key(NameId id) {
  const NameId key = intern(key_of_host(text(id)));
  const auto index = static_cast<std::size_t>(id);
  if (index >= keys_.size()) keys_.resize(std::max(index + 1, keys_.size() * 2), kNoKey);
  keys_[index] = key;
  return key;
}

}  // namespace vmtrail
