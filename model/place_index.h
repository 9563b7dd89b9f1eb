// SPDX-License-Identifier: Apache-2.0
// Finding by hash what is kept elsewhere by its place.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/prefetch.h"

namespace vmtrail {

/// Places (numbers of things in some container), each under the hash of its thing's key; of equal
/// keys there may be several. Open addressing with linear probing: one cache line for most
/// look-ups. Not thread-safe.
class PlaceIndex {
 public:
  void insert(std::size_t hash, std::uint32_t place) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    ++size_;
    put({tag_of(hash), place + 1});
  }

  /// Removes the place, if it is under the hash.
  void erase(std::size_t hash, std::uint32_t place) {
    const std::uint32_t tag = tag_of(hash);
    std::size_t at = tag & mask_;
    for (; slots_[at].place_plus_1 != place + 1 || slots_[at].tag != tag; at = (at + 1) & mask_) {
      if (slots_[at].place_plus_1 == 0) return;
    }
    // What stands behind moves up, unless it would come to stand before its own slot.
    for (std::size_t next = (at + 1) & mask_; slots_[next].place_plus_1 != 0;
         next = (next + 1) & mask_) {
      const std::size_t home = slots_[next].tag & mask_;
      if (((next - home) & mask_) >= ((next - at) & mask_)) {
        slots_[at] = slots_[next];
        at = next;
      }
    }
    slots_[at] = {};
    --size_;
  }

  /// Calls `wanted` with the places under the hash, and perhaps some others', until it says true:
  /// that one is returned; kNone: it never did.
  template <class Wanted>
  [[nodiscard]] std::uint32_t find(std::size_t hash, Wanted wanted) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = tag & mask_; slots_[at].place_plus_1 != 0; at = (at + 1) & mask_) {
      if (slots_[at].tag == tag && wanted(slots_[at].place_plus_1 - 1)) {
        return slots_[at].place_plus_1 - 1;
      }
    }
    return kNone;
  }
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// A look-up is coming.
  void prefetch(std::size_t hash) const { prefetch_line(&slots_[tag_of(hash) & mask_]); }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t place_plus_1 = 0;  // 0: free
  };

  static std::uint32_t tag_of(std::size_t hash) { return static_cast<std::uint32_t>(hash); }

  void put(Slot slot) {
    std::size_t at = slot.tag & mask_;
    while (slots_[at].place_plus_1 != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.place_plus_1 != 0) put(slot);
    }
  }

  static constexpr std::size_t kLeast = 64;
  std::vector<Slot> slots_{std::vector<Slot>(kLeast)};  // a power of two
  std::size_t mask_ = kLeast - 1;
  std::size_t size_ = 0;
};

}  // namespace vmtrail
