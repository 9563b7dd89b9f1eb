// SPDX-License-Identifier: Apache-2.0
// Tables for people, and for spreadsheets.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vmtrail {

/// What text may look like where it goes.
struct Look {
  std::size_t width = 0;  ///< columns of a terminal; 0: as many as it takes
  bool colour = false;
};

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);

  /// The whole table, one line each; only the header if there are no rows. Columns are as wide as
  /// their widest cell, and nothing is cut, unless it must fit a width.
  [[nodiscard]] std::string to_string(const Look& look = {}) const;
  /// As RFC 4180 has it, but for line feeds alone; a cell that is nothing is empty.
  [[nodiscard]] std::string to_csv() const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t limit) const;

  std::vector<std::vector<std::string>> rows_;
};

/// Text as it may be shown on a terminal: control characters, and those that turn the direction of
/// writing, are spelled out (a tenant chooses an instance's name); nothing is "-".
[[nodiscard]] std::string shown(std::string_view text);

/// "1 host", "2 hosts".
[[nodiscard]] std::string counted(std::size_t count, const std::string& what);

}  // namespace vmtrail
