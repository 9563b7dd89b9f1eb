// SPDX-License-Identifier: Apache-2.0
// What is certainly not in a small set, without looking at it.

#pragma once

#include <cstddef>
#include <cstdint>

namespace vmtrail {

/// A bit of 64 for each id of a set, by its hash(). What left the set keeps its bit.
class IdFilter {
 public:
  void add(std::size_t hash) { bits_ |= bit_of(hash); }
  void add(const IdFilter& other) { bits_ |= other.bits_; }
  /// False: it is not in the set.
  [[nodiscard]] bool may_have(std::size_t hash) const { return (bits_ & bit_of(hash)) != 0; }
  void clear() { bits_ = 0; }

 private:
  static std::uint64_t bit_of(std::size_t hash) { return std::uint64_t{1} << (hash >> 58); }

  std::uint64_t bits_ = 0;
};

}  // namespace vmtrail
