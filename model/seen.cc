// SPDX-License-Identifier: Apache-2.0

#include "model/seen.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kAhead = 8;
constexpr std::size_t kLeast = 1024;  // entries of the ring
constexpr std::size_t kSparse = 16;   // room for so many each is too much

}  // namespace

void Seen::add(MessageId id, Time until) {
  const std::size_t hash = id.hash();
  const std::uint32_t known =
      index_.find(hash, [&](std::uint32_t place) { return ring_[place].id == id; });
  if (known != PlaceIndex::kNone) {
    ring_[known].until = std::max(ring_[known].until, until);
    return;
  }
  if (count_ == ring_.size()) resize(2 * count_);
  const std::size_t place = (first_ + count_) & (ring_.size() - 1);
  ring_[place] = {std::move(id), until};
  ++count_;
  index_.insert(hash, static_cast<std::uint32_t>(place));
}

void Seen::forget_first() {
  index_.prefetch(ring_[(first_ + kAhead) & (ring_.size() - 1)].id.hash());  // goes soon, too
  Entry& entry = ring_[first_];
  index_.erase(entry.id.hash(), static_cast<std::uint32_t>(first_));
  entry.id = {};
  first_ = (first_ + 1) & (ring_.size() - 1);
  --count_;
  // Audits fold a whole cloud within minutes. What was needed then would be more than the caches
  // hold the rest of the hour.
  if (count_ * kSparse < ring_.size() && ring_.size() > kLeast) resize(4 * count_);
}

void Seen::resize(std::size_t size) {
  std::vector<Entry> ring(std::bit_ceil(std::max(kLeast, size)));
  for (std::size_t i = 0; i < count_; ++i) {
    ring[i] = std::move(ring_[(first_ + i) & (ring_.size() - 1)]);
  }
  ring_ = std::move(ring);
  first_ = 0;
  index_ = PlaceIndex(ring_.size());
  for (std::size_t i = 0; i < count_; ++i) {
    index_.insert(ring_[i].id.hash(), static_cast<std::uint32_t>(i));
  }
}

std::vector<SeenSnapshot> Seen::snapshot() const {
  std::vector<SeenSnapshot> result;
  result.reserve(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    const Entry& entry = ring_[(first_ + i) % ring_.size()];
    result.push_back({entry.id.to_string(), entry.until});
  }
  std::sort(result.begin(), result.end(), [](const SeenSnapshot& a, const SeenSnapshot& b) {
    return a.until != b.until ? a.until < b.until : a.message_id < b.message_id;
  });
  return result;
}

}  // namespace vmtrail
