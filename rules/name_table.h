// SPDX-License-Identifier: Apache-2.0
// A fixed set of names, each with a number: one pass over the name asked for finds it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vmtrail {

/// Immutable; threads may share it. It keeps copies of the names, side by side.
class NameTable {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Entry {
    std::string_view name;
    std::uint32_t number;  ///< not kNone
  };

  /// Of entries of one name the first counts.
  explicit NameTable(std::span<const Entry> entries = {});

  /// The name's number; kNone: it is not in the table.
  [[nodiscard]] std::uint32_t find(std::string_view name) const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t size = 0;
    std::uint32_t at = 0;  // in text_
    std::uint32_t number = kNone;
  };

  std::string text_;
  std::vector<Slot> slots_;  // a power of two of them, most of them empty
  std::size_t mask_;
  int shift_;
};

}  // namespace vmtrail
