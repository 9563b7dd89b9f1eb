// SPDX-License-Identifier: Apache-2.0
// Where packed instances lie.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "model/byte_pool.h"

namespace vmtrail {

/// Bytes of any size, each in a place of its own. What one leaves is of use for another of its size
/// only; so that it does not pile up while histories grow, who holds places has to go through them
/// now and then, a few at a time:
///   if (memory.to_be_tidied()) { place = memory.tidied(place) for each; memory.end_tidying(); }
class PackedMemory {
 public:
  using Place = std::uint8_t*;  ///< a multiple of BytePool::kStep

  PackedMemory() = default;
  PackedMemory(const PackedMemory&) = delete;
  PackedMemory& operator=(const PackedMemory&) = delete;

  /// Copies the bytes.
  [[nodiscard]] Place put(std::span<const std::uint8_t> bytes);
  void drop(Place place);
  [[nodiscard]] static const std::uint8_t* bytes_at(Place place) { return place + 1; }

  /// A megabyte more is idle than taken, or was, and end_tidying() has not come since. Meanwhile
  /// there may be three times as much as is taken.
  [[nodiscard]] bool to_be_tidied();
  /// Where its bytes are now.
  [[nodiscard]] Place tidied(Place place);
  /// Every place has been tidied that is not younger than the first to_be_tidied() that said so.
  void end_tidying();

 private:
  // The first byte of a place: its size in steps, 0 for a large one that the heap has given, and
  // which of two pools it is in.
  static constexpr std::uint8_t kSteps = 127;
  static constexpr std::uint8_t kOdd = 128;
  static constexpr std::size_t kMostIdle = 1U << 20;

  [[nodiscard]] static std::size_t size_of(Place place) {
    return (*place & kSteps) * BytePool::kStep;
  }
  [[nodiscard]] bool is_current(Place place) const { return (*place & kOdd) == current_mark_; }

  std::unique_ptr<BytePool> current_ = std::make_unique<BytePool>();
  std::unique_ptr<BytePool> former_;  // nullptr: nothing is to be tidied
  std::uint8_t current_mark_ = 0;
};

}  // namespace vmtrail
