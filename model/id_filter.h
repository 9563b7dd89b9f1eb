// SPDX-License-Identifier: Apache-2.0
// What is certainly not in a small set, without looking at it.

#pragma once

#include <cstdint>

#include "vmtrail/ids.h"

namespace vmtrail {

/// A bit of 64 for each id of a set. What left the set keeps its bit.
class IdFilter {
 public:
  void add(const CompactText& id) { bits_ |= bit_of(id); }
  void add(const IdFilter& other) { bits_ |= other.bits_; }
  /// False: it is not in the set.
  [[nodiscard]] bool may_have(const CompactText& id) const { return (bits_ & bit_of(id)) != 0; }
  void clear() { bits_ = 0; }

 private:
  static std::uint64_t bit_of(const CompactText& id) { return std::uint64_t{1} << id.tag() % 64; }

  std::uint64_t bits_ = 0;
};

}  // namespace vmtrail
