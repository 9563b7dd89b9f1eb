// SPDX-License-Identifier: Apache-2.0
// Message ids that are remembered though no fact holds them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/place_index.h"
#include "vmtrail/ids.h"
#include "vmtrail/snapshot.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Of events that were ignored, and of facts that are folded: each for one horizon of stream time.
class Seen {
 public:
  /// Remembers an id until the stream has passed `until`.
  void add(MessageId id, Time until);
  [[nodiscard]] bool contains(const MessageId& id) const {
    return index_.find(id.hash(), [&](std::uint32_t place) { return ring_[place].id == id; }) !=
           PlaceIndex::kNone;
  }
  /// It may be asked for soon.
  void prefetch(const MessageId& id) const { index_.prefetch(id.hash()); }
  /// Forgets what the stream has passed.
  void forget_before(Time stream_time) {
    while (count_ != 0 && ring_[first_].until < stream_time) forget_first();
  }
  [[nodiscard]] std::vector<SeenSnapshot> snapshot() const;

 private:
  struct Entry {
    MessageId id;
    Time until;
  };
  void forget_first();
  void resize(std::size_t size);

  // A power of two; nearly in order of `until`; what is behind a later one waits for it.
  std::vector<Entry> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  PlaceIndex index_;  // by id, into the ring
};

}  // namespace vmtrail
