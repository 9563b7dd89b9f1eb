// SPDX-License-Identifier: Apache-2.0
// What the first bytes of a text say about its language.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace vmtrail {

inline constexpr std::string_view kBlanks = " \t\r\n";
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
inline constexpr std::string_view kEventMark = "<Event:";

[[nodiscard]] inline bool is_quote(char c) {
  return c == '\'' || c == '"';
}

[[nodiscard]] inline char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// How much at the beginning of a line says nothing: blanks, byte order marks, and NULs, which a
/// file system leaves where a line was not written before the power went.
[[nodiscard]] inline std::size_t lead_of(std::string_view text) {
  using namespace std::string_view_literals;
  std::size_t lead = 0;
  for (;;) {
    lead = std::min(text.find_first_not_of(" \t\r\n\0"sv, lead), text.size());
    if (!text.substr(lead).starts_with(kByteOrderMark)) return lead;
    lead += kByteOrderMark.size();
  }
}

/// May it begin with something of that kind?
[[nodiscard]] inline bool may_have_lead(char first) {
  return static_cast<signed char>(first) <= ' ';
}

/// So many bytes tell a text's language; more brackets and blanks in front are nothing that is
/// sent.
inline constexpr std::size_t kLead = 64;

/// Does a Python literal with text in it begin here: `{'`, `{u'`, `[{'` …? JSON never begins so.
[[nodiscard]] inline bool begins_python(std::string_view text) {
  text = text.substr(0, kLead);
  const std::size_t inner = text.find_first_not_of("{[( \t\r\n");
  if (inner == std::string_view::npos || inner == 0) return false;
  const std::string_view rest = text.substr(inner);
  if (rest.front() == '\'') return true;
  return rest.size() > 1 && (rest[0] == 'u' || rest[0] == 'b') &&
         (rest[1] == '\'' || rest[1] == '"');
}

/// Does a line begin a list of objects: `[{`, or `[` and the end of the line? Other lines with a
/// bracket in front are logs: `[INFO] …`.
[[nodiscard]] inline bool begins_list(std::string_view text) {
  if (text.empty() || text.front() != '[') return false;
  const std::size_t inner = text.find_first_not_of(" \t\r", 1);
  return inner == std::string_view::npos || text[inner] == '{' || text[inner] == '\n';
}

}  // namespace vmtrail
