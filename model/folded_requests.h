// SPDX-License-Identifier: Apache-2.0
// The requests of an instance's operations that were folded last.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "vmtrail/ids.h"

namespace vmtrail {

/// The last kMost of them. A byte of each one's hash tells most others from it, so that the rest of
/// the memory is seldom looked at.
class FoldedRequests {
 public:
  static constexpr std::size_t kMost = 16;

  void add(const RequestId& request) {
    const std::size_t at = size_ < kMost ? size_++ : oldest_++ % kMost;
    oldest_ %= kMost;
    tags_[at] = tag_of(request);
    requests_[at] = request;
  }
  void clear() { *this = FoldedRequests(); }
  [[nodiscard]] bool contains(const RequestId& request) const {
    const std::uint8_t tag = tag_of(request);
    const auto* at = tags_.data();
    const auto* const end = at + size_;
    while ((at = static_cast<const std::uint8_t*>(
                std::memchr(at, tag, static_cast<std::size_t>(end - at)))) != nullptr) {
      if (requests_[static_cast<std::size_t>(at - tags_.data())] == request) return true;
      ++at;
    }
    return false;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The oldest first.
  [[nodiscard]] const RequestId& operator[](std::size_t i) const {
    return requests_[(oldest_ + i) % kMost];
  }

  /// At the end of one: what is seldom looked at.
  static constexpr std::size_t kSeldom = kMost * sizeof(RequestId);

 private:
  static std::uint8_t tag_of(const RequestId& request) {
    return static_cast<std::uint8_t>(request.hash() >> 8);
  }

  std::size_t size_ = 0;
  std::size_t oldest_ = 0;
  std::array<std::uint8_t, kMost> tags_;
  std::array<RequestId, kMost> requests_;
};

}  // namespace vmtrail
