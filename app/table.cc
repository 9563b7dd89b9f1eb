// SPDX-License-Identifier: Apache-2.0

#include "app/table.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kGap = 2;        // between two columns
constexpr std::size_t kNarrowest = 8;  // a UUID's first part, which mostly tells it from others
constexpr std::string_view kCut = "\xe2\x80\xa6";

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// Columns of a terminal, nearly: code points.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut(const std::string& text, std::size_t limit) {
  if (width(text) <= limit) return text;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (begins_character(text[end]) && ++seen == limit) break;
  }
  return text.substr(0, end) + std::string(kCut);
}

// Words that call for attention, by the colour of it.
std::string_view colour_of(std::string_view word) {
  for (const std::string_view doubtful :
       {"probable", "unknown", "uncertain", "stuck", "disabled", "warning", "waiting"}) {
    if (word == doubtful) return "\x1b[33m";
  }
  for (const std::string_view bad : {"failed", "error", "down", "aborted", "critical"}) {
    if (word == bad) return "\x1b[31m";
  }
  return {};
}

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

/// A character that a terminal obeys instead of showing it: its bytes in UTF-8; 0: there is none.
struct Control {
  std::size_t size;
  unsigned code;
};

// C0 and DEL, C1 (U+0080 to U+009F), and what ends a line or turns the direction of writing
// (U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069).
Control control_at(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return {1, byte(0)};
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return {2, byte(1)};
  if (byte(0) != 0xE2) return {0, 0};
  const unsigned code = 0x2000 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  const bool turns = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                     (code >= 0x2066 && code <= 0x2069);
  return turns ? Control{3, code} : Control{0, 0};
}

}  // namespace

Table::Table(std::vector<std::string> header) : rows_{std::move(header)} {}

void Table::add(std::vector<std::string> row) {
  rows_.push_back(std::move(row));
}

// The widest columns give way first.
std::vector<std::size_t> Table::widths(std::size_t limit) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(shown(row[i])));
    }
  }
  std::size_t whole = (widths.size() - 1) * kGap;
  for (const std::size_t one : widths) whole += one;
  while (limit > 0 && whole > limit) {
    std::size_t& widest = *std::max_element(widths.begin(), widths.end());
    if (widest <= kNarrowest) break;
    --widest;
    --whole;
  }
  return widths;
}

std::string Table::to_string(const Look& look) const {
  const std::vector<std::size_t> widths = this->widths(look.width);
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = cut(shown(row[i]), widths[i]);
      const std::string_view colour = !look.colour             ? std::string_view()
                                      : &row == &rows_.front() ? kBold
                                                               : colour_of(cell);
      text += colour;
      text += cell;
      if (!colour.empty()) text += kPlain;
      if (i + 1 < row.size()) text.append(widths[i] - width(cell) + kGap, ' ');
    }
    text += '\n';
  }
  return text;
}

// Headings in lower case, as the keys of JSON are.
std::string Table::to_csv() const {
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      text += csv_cell(row[i]);
    }
    text += '\n';
    if (&row != &rows_.front()) continue;
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
      return c == ' ' ? '_' : static_cast<char>(std::tolower(c));
    });
  }
  return text;
}

std::string shown(std::string_view text) {
  if (text.empty()) return "-";
  std::string safe;
  while (!text.empty()) {
    const auto [size, code] = control_at(text);
    if (size == 0) {
      safe += text.front();
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      safe += code < 0x100 ? "\\x" : "\\u";
      for (int shift = code < 0x100 ? 4 : 12; shift >= 0; shift -= 4) {
        safe += kHex[(code >> shift) & 15];
      }
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return safe;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace vmtrail
