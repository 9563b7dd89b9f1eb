// SPDX-License-Identifier: Apache-2.0

#include "model/names.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

namespace vmtrail {

namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr NameId kNoKey{0xFFFFFFFF};

std::size_t index(NameId id) {
  return static_cast<std::size_t>(id);
}

}  // namespace

Names::Names() : slots_(1024, 0) {
  entries_.push_back({"", 0, NameId::nothing});
  for (const std::string_view word :
       {"active", "building", "error", "deleted", "shelved_offloaded", "resized"}) {
    intern(word);
  }
}

std::size_t Names::slot_of(std::string_view text) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(text)&mask;
  while (slots_[slot] != 0) {
    const Entry& entry = entries_[slots_[slot] - 1];
    if (std::string_view(entry.text, entry.size) == text) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Names::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    slots_[slot_of({entries_[i].text, entries_[i].size})] = static_cast<std::uint32_t>(i + 1);
  }
}

const char* Names::store(std::string_view text) {
  if (text.size() > chunk_left_) {
    chunk_left_ = std::max(kChunk, text.size());
    chunks_.push_back(std::make_unique<char[]>(chunk_left_));
    chunk_next_ = chunks_.back().get();
  }
  char* const place = chunk_next_;
  std::memcpy(place, text.data(), text.size());
  chunk_next_ += text.size();
  chunk_left_ -= text.size();
  return place;
}

NameId Names::intern(std::string_view text) {
  if (text.empty()) return NameId::nothing;
  std::size_t slot = slot_of(text);
  if (slots_[slot] != 0) return NameId{slots_[slot] - 1};
  const NameId id{static_cast<std::uint32_t>(entries_.size())};
  entries_.push_back({store(text), static_cast<std::uint32_t>(text.size()), kNoKey});
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  if (entries_.size() * 2 > slots_.size()) grow();
  return id;
}

std::string_view Names::text(NameId id) const {
  const Entry& entry = entries_[index(id)];
  return {entry.text, entry.size};
}

NameId Names::host_key(NameId id) {
  if (entries_[index(id)].key != kNoKey) return entries_[index(id)].key;
  std::string lower(text(id));
  // Host names are ASCII (RFC 1123); bytes of other characters stay as they are.
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const NameId key = intern(lower);
  entries_[index(id)].key = key;
  return key;
}

}  // namespace vmtrail
