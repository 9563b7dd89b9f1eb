// SPDX-License-Identifier: Apache-2.0
// Message ids that are remembered though no fact holds them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "model/prefetch.h"
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
    if (lacks(hash)) return false;
    const std::size_t at = find(id, hash);
    return tags_[at] != kFree && slots_[at].until >= now_;
  }
  // An id of that hash will be asked for, or added, soon.
  void prefetch(std::size_t hash) const { prefetch_line(&tags_[hash & mask_]); }
  void prefetch_to_add(std::size_t hash) const { prefetch_line(&slots_[hash & mask_]); }
  /// Forgets what the stream has passed. The stream may begin again before that.
  void forget_before(Time stream_time) {
    if (stream_time < now_) newest_ = look_at_ = stream_time;
    now_ = stream_time;
    if (now_ > look_at_) look();
  }
  [[nodiscard]] std::vector<SeenSnapshot> snapshot() const;

 private:
  struct Entry {
    MessageId id;
    Time until;
  };
  // Of a slot: most ids that are asked for are not there, which its neighbours' tags say, in one
  // line.
  using Tag = std::uint8_t;
  static constexpr Tag kFree = 0;
  static Tag tag_of(std::size_t hash) { return static_cast<Tag>(hash >> 56 | 1); }
  /// Is there surely none of that hash? Nearly always it can be told at one look.
  [[nodiscard]] bool lacks(std::size_t hash) const {
#if defined(__SSE2__)
    constexpr std::size_t kLook = sizeof(__m128i);
    const std::size_t at = hash & mask_;
    if (at + kLook > tags_.size()) return false;
    const __m128i tags = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&tags_[at]));
    const auto which = [&](Tag tag) {
      const __m128i all = _mm_set1_epi8(static_cast<char>(tag));
      return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags, all)));
    };
    const unsigned free = which(kFree);
    const unsigned up_to_free = free ^ (free - 1);
    return free != 0 && (which(tag_of(hash)) & up_to_free) == 0;
#else
    (void)hash;
    return false;
#endif
  }
  /// Its slot, or the free one at which the search has ended.
  [[nodiscard]] std::size_t find(const MessageId& id, std::size_t hash) const {
    std::size_t at = hash & mask_;
    const Tag tag = tag_of(hash);
    while (tags_[at] != kFree && !(tags_[at] == tag && slots_[at].id == id)) at = (at + 1) & mask_;
    return at;
  }
  [[nodiscard]] std::vector<Entry> living() const;
  void look();
  void renew();

  // Open addressing with linear probing. What the stream has passed stays, as if it were not there,
  // until its slot is wanted or all are put in order: to take out one by one costs more.
  static constexpr std::size_t kLeast = 1024;             // slots
  std::vector<Entry> slots_{std::vector<Entry>(kLeast)};  // a power of two
  std::vector<Tag> tags_{std::vector<Tag>(kLeast)};       // of each
  std::size_t mask_ = kLeast - 1;
  std::size_t used_ = 0;
  std::size_t room_ = kLeast / 4 * 3;  // for so many
  Time now_ = Time::min();
  std::size_t added_ = 0;       // since the last look
  Time newest_ = Time::min();   // of all `until`
  Time look_at_ = Time::min();  // when what was there at the last look is over
};

}  // namespace vmtrail
