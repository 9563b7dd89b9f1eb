// SPDX-License-Identifier: Apache-2.0
// What is certainly not in a small set, without looking at it.

#pragma once

#include <cstddef>
#include <cstdint>

namespace vmtrail {

/// A bit of 64 for each id of a set, by its hash(). What left the set keeps its bit.
class IdFilter {
 public:
  template <class Id>
  void add(const Id& id) {
    bits_ |= bit_of(id.hash());
  }
  /// False: it is not in the set.
  template <class Id>
  [[nodiscard]] bool may_have(const Id& id) const {
    return (bits_ & bit_of(id.hash())) != 0;
  }
  void clear() { bits_ = 0; }

 private:
  static std::uint64_t bit_of(std::size_t hash) { return std::uint64_t{1} << (hash >> 58); }

  std::uint64_t bits_ = 0;
};

}  // namespace vmtrail
