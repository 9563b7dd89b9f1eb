// SPDX-License-Identifier: Apache-2.0

#include "model/packed_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace vmtrail {

PackedMemory::Place PackedMemory::put(std::span<const std::uint8_t> bytes) {
  const std::size_t steps = (1 + bytes.size() + BytePool::kStep - 1) / BytePool::kStep;
  Place place = nullptr;
  if (steps > kSteps) {
    place = new std::uint8_t[1 + bytes.size()];
    *place = 0;
  } else {
    place = current_->take(steps * BytePool::kStep);
    *place = static_cast<std::uint8_t>(steps | current_mark_);
  }
  std::copy(bytes.begin(), bytes.end(), place + 1);
  return place;
}

void PackedMemory::drop(Place place) {
  if (const std::size_t size = size_of(place); size == 0) {
    delete[] place;
  } else {
    (is_current(place) ? current_ : former_)->give_back(place, size);
  }
}

bool PackedMemory::to_be_tidied() {
  if (former_ == nullptr && current_->idle() > current_->taken() + kMostIdle) {
    former_ = std::exchange(current_, std::make_unique<BytePool>());
    current_mark_ ^= kOdd;
  }
  return former_ != nullptr;
}

PackedMemory::Place PackedMemory::tidied(Place place) {
  const std::size_t size = size_of(place);
  if (size == 0 || is_current(place)) return place;
  const Place moved = current_->take(size);
  std::memcpy(moved, place, size);
  *moved ^= kOdd;
  former_->give_back(place, size);
  return moved;
}

void PackedMemory::end_tidying() {
  if (former_->taken() != 0) std::abort();  // somebody has not tidied his place
  former_.reset();
}

}  // namespace vmtrail
