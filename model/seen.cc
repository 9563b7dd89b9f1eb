// SPDX-License-Identifier: Apache-2.0

#include "model/seen.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kSparse = 16;  // slots for each are too many

}  // namespace

void Seen::add(const MessageId& id, Time until) {
  if (used_ == room_) renew();
  newest_ = std::max(newest_, until);
  ++added_;
  const std::size_t hash = id.hash();
  std::size_t at = hash & mask_;
  Entry* over = nullptr;  // the first on the way
  for (; tags_[at] != kFree; at = (at + 1) & mask_) {
    Entry& entry = slots_[at];
    if (entry.id == id) {
      entry.until = std::max(entry.until, until);
      return;
    }
    if (over == nullptr && entry.until < now_) over = &entry;
  }
  if (over == nullptr) {
    over = &slots_[at];
    ++used_;
  }
  *over = {id, until};
  tags_[static_cast<std::size_t>(over - slots_.data())] = tag_of(hash);
}

// Audits fold a whole cloud within minutes. What was needed then would be more than the caches hold
// the rest of the hour.
void Seen::look() {
  if (added_ * kSparse < slots_.size() && slots_.size() > kLeast) renew();
  added_ = 0;
  look_at_ = std::max(newest_, now_);
}

std::vector<Seen::Entry> Seen::living() const {
  std::vector<Entry> result;
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (tags_[at] != kFree && slots_[at].until >= now_) result.push_back(slots_[at]);
  }
  return result;
}

void Seen::renew() {
  std::vector<Entry> entries = living();
  used_ = entries.size();
  slots_ = std::vector<Entry>(std::bit_ceil(std::max(kLeast, 2 * used_)));
  tags_ = std::vector<Tag>(slots_.size(), kFree);
  mask_ = slots_.size() - 1;
  room_ = slots_.size() / 4 * 3;
  for (Entry& entry : entries) {
    const std::size_t hash = entry.id.hash();
    const std::size_t at = find(entry.id, hash);
    tags_[at] = tag_of(hash);
    slots_[at] = std::move(entry);
  }
}

std::vector<SeenSnapshot> Seen::snapshot() const {
  std::vector<SeenSnapshot> result;
  for (const Entry& entry : living()) result.push_back({entry.id.to_string(), entry.until});
  std::sort(result.begin(), result.end(), [](const SeenSnapshot& a, const SeenSnapshot& b) {
    return a.until != b.until ? a.until < b.until : a.message_id < b.message_id;
  });
  return result;
}

}  // namespace vmtrail
