// SPDX-License-Identifier: Apache-2.0
// Text tables for people: columns as wide as their widest cell, nothing cut.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vmtrail {

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  /// The whole table, one line each; only the header if there are no rows.
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Text as it may be shown on a terminal: control characters are spelled out (a tenant chooses an
/// instance's name), nothing is "-".
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace vmtrail
