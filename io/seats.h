// SPDX-License-Identifier: Apache-2.0
// A bound on how many there are of something at a time.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace vmtrail {

/// Thread-safe. A seat may outlive it.
class Seats {
 public:
  explicit Seats(std::size_t most) : most_(most) {}

  /// Taken until the last copy is gone; nullptr: there is none free.
  [[nodiscard]] std::shared_ptr<void> take() {
    if (taken_->fetch_add(1) < most_) {
      return {static_cast<void*>(taken_.get()), [taken = taken_](void*) { --*taken; }};
    }
    --*taken_;
    return nullptr;
  }
  [[nodiscard]] std::size_t taken() const { return *taken_; }

 private:
  const std::size_t most_;
  const std::shared_ptr<std::atomic<std::size_t>> taken_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace vmtrail
