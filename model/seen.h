// SPDX-License-Identifier: Apache-2.0
// Message ids that are remembered though no fact holds them.

#pragma once

#include <cstddef>
#include <vector>

#include "vmtrail/ids.h"
#include "vmtrail/snapshot.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Of events that were ignored, and of facts that are folded: each for one horizon of stream time.
class Seen {
 public:
  /// Remembers an id until the stream has passed `until`.
  void add(const MessageId& id, Time until);
  /// `hash`: the id's.
  [[nodiscard]] bool contains(const MessageId& id, std::size_t hash) const {
    const Entry& entry = slots_[find(id, hash)];
    return !entry.id.empty() && entry.until >= now_;
  }
  /// An id of that hash may be asked for soon.
  void prefetch(std::size_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  /// Forgets what the stream has passed.
  void forget_before(Time stream_time) {
    now_ = stream_time;
    if (now_ > look_at_) look();
  }
  [[nodiscard]] std::vector<SeenSnapshot> snapshot() const;

 private:
  struct Entry {
    MessageId id;  // empty: the slot is free
    Time until;
  };
  /// Its slot, or the free one at which the search has ended.
  [[nodiscard]] std::size_t find(const MessageId& id, std::size_t hash) const {
    std::size_t at = hash & mask_;
    while (!slots_[at].id.empty() && slots_[at].id != id) at = (at + 1) & mask_;
    return at;
  }
  void look();
  void renew();

  // Open addressing with linear probing. What the stream has passed stays, as if it were not there,
  // until its slot is wanted or all are put in order: to take out one by one costs more.
  static constexpr std::size_t kLeast = 1024;             // slots
  std::vector<Entry> slots_{std::vector<Entry>(kLeast)};  // a power of two
  std::size_t mask_ = kLeast - 1;
  std::size_t used_ = 0;
  std::size_t room_ = kLeast / 4 * 3;  // for so many
  Time now_ = Time::min();
  std::size_t added_ = 0;       // since the last look
  Time newest_ = Time::min();   // of all `until`
  Time look_at_ = Time::min();  // when what was there at the last look is over
};

}  // namespace vmtrail
