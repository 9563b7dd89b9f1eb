// SPDX-License-Identifier: Apache-2.0
// Memory for a great many small things of a few dozen sizes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define VMTRAIL_WATCHED_BYTES
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define VMTRAIL_WATCHED_BYTES
#endif
#ifdef VMTRAIL_WATCHED_BYTES
#include <sanitizer/asan_interface.h>
#endif

namespace vmtrail {

/// Bytes that are taken and given back by their size. They have no header, and neither way looks at
/// what lies beside them, which the heap does, and which is far away where there are a million.
/// What was given back is taken again for that size only. All goes back to the heap with the pool.
class BytePool {
 public:
  BytePool() = default;
  BytePool(const BytePool&) = delete;
  BytePool& operator=(const BytePool&) = delete;

  static constexpr std::size_t kStep = alignof(void*);  ///< all sizes and addresses are multiples
  static constexpr std::size_t kLargest = 1024;

  /// `size`: from kStep to kLargest.
  [[nodiscard]] std::uint8_t* take(std::size_t size) {
    std::uint8_t*& free = free_[size / kStep];
    std::uint8_t* const bytes = free == nullptr ? take_new(size) : free;
    allow(bytes, size);
    taken_ += size;
    if (bytes == free) {
      idle_ -= size;
      std::memcpy(&free, bytes, sizeof free);
    }
    return bytes;
  }
  /// `size`: as it was taken.
  void give_back(std::uint8_t* bytes, std::size_t size) {
    taken_ -= size;
    idle_ += size;
    std::uint8_t*& free = free_[size / kStep];
    std::memcpy(bytes, &free, sizeof free);
    free = bytes;
    forbid(bytes, size);
  }

  /// Bytes that are taken, and those that were given back and are not.
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::size_t idle() const { return idle_; }

 private:
  static constexpr std::size_t kBlock = 64 << 10;  // that the heap is asked for

  [[nodiscard]] std::uint8_t* take_new(std::size_t size) {
    if (size + kGap > left_) {
      blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kBlock));
      forbid(blocks_.back().get(), kBlock);
      left_ = kBlock;
    }
    left_ -= size + kGap;
    return &blocks_.back()[left_];
  }

  // What nobody has taken nobody may touch, where somebody watches; nor what is behind it.
#ifdef VMTRAIL_WATCHED_BYTES
  static constexpr std::size_t kGap = kStep;
  static void allow(const std::uint8_t* bytes, std::size_t size) {
    ASAN_UNPOISON_MEMORY_REGION(bytes, size);
  }
  static void forbid(const std::uint8_t* bytes, std::size_t size) {
    ASAN_POISON_MEMORY_REGION(bytes, size);
  }
#else
  static constexpr std::size_t kGap = 0;
  static void allow(const std::uint8_t*, std::size_t) {}
  static void forbid(const std::uint8_t*, std::size_t) {}
#endif

  std::array<std::uint8_t*, kLargest / kStep + 1> free_{};  // by size; each holds the next
  std::size_t taken_ = 0;
  std::size_t idle_ = 0;
  std::size_t left_ = 0;  // at the beginning of the last block
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
};

}  // namespace vmtrail
