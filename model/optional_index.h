// SPDX-License-Identifier: Apache-2.0
// An index that may be missing, in four bytes.

#pragma once

#include <cstdint>

namespace vmtrail {

/// What std::optional<std::uint32_t> is, in half of its memory: one number, larger than any index,
/// stands for none.
class OptionalIndex {
 public:
  OptionalIndex() = default;
  OptionalIndex(std::uint32_t index) : index_(index) {}

  explicit operator bool() const { return index_ != kNone; }
  [[nodiscard]] std::uint32_t operator*() const { return index_; }
  [[nodiscard]] std::uint32_t& operator*() { return index_; }
  void reset() { index_ = kNone; }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t index_ = kNone;
};

}  // namespace vmtrail
