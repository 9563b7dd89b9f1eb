// SPDX-License-Identifier: Apache-2.0
// The elements of a list, or documents one after the other, told apart by their brackets alone.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vmtrail {

/// Walks over the elements of `[…]`, or over the documents of `{…}{…}` or `{…},{…}`. Of a
/// well-formed list it gives each element as it stands in the text; of any other text, pieces that
/// together hold all of it but blanks and commas. Linear in all.
class Pieces {
 public:
  Pieces(std::string_view text, bool python);
  [[nodiscard]] std::optional<std::string_view> next();
  /// Did the last piece end before its brackets closed?
  [[nodiscard]] bool broke_off() const { return broke_off_; }

 private:
  std::string_view text_;
  bool python_;
  bool list_;
  bool broke_off_ = false;
  std::size_t position_;
};

}  // namespace vmtrail
