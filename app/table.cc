// SPDX-License-Identifier: Apache-2.0

#include "app/table.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

namespace {

// Columns of a terminal, nearly: code points.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

Table::Table(std::vector<std::string> header) : rows_{std::move(header)} {}

void Table::add(std::vector<std::string> row) {
  rows_.push_back(std::move(row));
}

std::string Table::to_string() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - width(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string shown(std::string_view text) {
  if (text.empty()) return "-";
  constexpr char kHex[] = "0123456789abcdef";
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 control characters are two bytes in UTF-8: c2 80 to c2 9f.
    const bool c1 =
        c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || c1) {
      const unsigned char code = c1 ? static_cast<unsigned char>(text[++i]) : c;
      safe += "\\x";
      safe += kHex[code >> 4];
      safe += kHex[code & 15];
    } else {
      safe += text[i];
    }
  }
  return safe;
}

}  // namespace vmtrail
