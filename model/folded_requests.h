// SPDX-License-Identifier: Apache-2.0
// The requests of an instance's operations that were folded last.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "model/prefetch.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// The last kMost of them. A byte of each one tells most others from it, so that the rest is seldom
/// looked at. More than a few stand elsewhere: many instances have no more.
class FoldedRequests {
 public:
  static constexpr std::size_t kMost = 16;

  void add(const RequestId& request) {
    std::size_t at = size_;
    if (size_ < kMost) {
      if (size_ == kFew && others_ == nullptr) make_room();
      ++size_;
    } else {
      at = oldest_;
      oldest_ = static_cast<std::uint8_t>((oldest_ + 1U) % kMost);
    }
    tags_[at] = request.text().tag();
    (at < kFew ? few_[at] : (*others_)[at - kFew]) = request.text();
    const auto bit = static_cast<std::uint16_t>(1U << at);
    prefixed_ = static_cast<std::uint16_t>(request.prefixed() ? prefixed_ | bit : prefixed_ & ~bit);
  }
  // One will be added soon.
  void prefetch_next() const {
    const std::size_t next = size_ < kMost ? size_ : oldest_;
    if (next >= kFew && others_ != nullptr) prefetch_line(&(*others_)[next - kFew]);
  }
  /// Keeps its room.
  void clear() { size_ = oldest_ = 0; }
  [[nodiscard]] bool contains(const RequestId& request) const {
    const std::uint8_t tag = request.text().tag();
    std::uint8_t alike = 0;
    for (const std::uint8_t other : tags_) alike |= static_cast<std::uint8_t>(other == tag);
    return alike != 0 && finds(request, tag);
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The oldest first.
  [[nodiscard]] RequestId operator[](std::size_t i) const { return stored((oldest_ + i) % kMost); }

 private:
  static constexpr std::size_t kFew = 2;
  using Others = std::array<CompactText, kMost - kFew>;

  [[gnu::noinline]] void make_room() { others_ = std::make_unique<Others>(); }
  [[gnu::noinline]] bool finds(const RequestId& request, std::uint8_t tag) const {
    for (std::size_t at = 0; at < size_; ++at) {
      if (tags_[at] == tag && stored(at) == request) return true;
    }
    return false;
  }
  [[nodiscard]] RequestId stored(std::size_t at) const {
    return {at < kFew ? few_[at] : (*others_)[at - kFew], (prefixed_ >> at & 1U) != 0};
  }

  std::uint8_t size_ = 0;
  std::uint8_t oldest_ = 0;
  std::uint16_t prefixed_ = 0;              // a bit for each
  std::array<std::uint8_t, kMost> tags_{};  // those behind the last say nothing
  std::array<CompactText, kFew> few_;
  std::unique_ptr<Others> others_;
};

}  // namespace vmtrail
