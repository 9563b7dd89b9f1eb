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
  std::size_t at = id.hash() & mask_;
  Entry* over = nullptr;  // the first on the way
  for (; !slots_[at].id.empty(); at = (at + 1) & mask_) {
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
}

// Audits fold a whole cloud within minutes. What was needed then would be more than the caches hold
// the rest of the hour.
void Seen::look() {
  if (added_ * kSparse < slots_.size() && slots_.size() > kLeast) renew();
  added_ = 0;
  look_at_ = std::max(newest_, now_);
}

void Seen::renew() {
  const auto lives = [&](const Entry& entry) { return !entry.id.empty() && entry.until >= now_; };
  used_ = static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), lives));
  std::vector<Entry> old(std::bit_ceil(std::max(kLeast, 2 * used_)));
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  room_ = slots_.size() / 4 * 3;
  for (Entry& entry : old) {
    if (!lives(entry)) continue;
    Entry& slot = slots_[find(entry.id, entry.id.hash())];
    slot = std::move(entry);
  }
}

std::vector<SeenSnapshot> Seen::snapshot() const {
  std::vector<SeenSnapshot> result;
  for (const Entry& entry : slots_) {
    if (!entry.id.empty() && entry.until >= now_) {
      result.push_back({entry.id.to_string(), entry.until});
    }
  }
  std::sort(result.begin(), result.end(), [](const SeenSnapshot& a, const SeenSnapshot& b) {
    return a.until != b.until ? a.until < b.until : a.message_id < b.message_id;
  });
  return result;
}

}  // namespace vmtrail
