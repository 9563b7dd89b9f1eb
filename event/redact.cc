// SPDX-License-Identifier: Apache-2.0
// Keeping authentication tokens out of what is stored and logged.

#include <cstddef>

#include "event/syntax.h"
#include "vmtrail/decoder.h"

namespace vmtrail {
namespace {

constexpr std::string_view kKey = "auth_token";
constexpr std::string_view kBlanked = "***";
constexpr std::size_t kNone = std::string_view::npos;

bool of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Skips a quote with the backslashes before it, as JSON within JSON has them; returns how many
/// there were.
std::optional<std::size_t> skip_quote(std::string_view text, std::size_t& at) {
  std::size_t backslashes = 0;
  while (at + backslashes < text.size() && text[at + backslashes] == '\\') ++backslashes;
  if (at + backslashes >= text.size() || !is_quote(text[at + backslashes])) return std::nullopt;
  at += backslashes + 1;
  return backslashes;
}

/// Where the string ends that began at `at` with `quote` after `backslashes`: at the backslashes
/// before its closing quote. A quote within it has more of them.
std::size_t string_end(std::string_view text, std::size_t at, char quote, std::size_t backslashes) {
  std::size_t run = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == quote && run <= backslashes) return at - run;
    run = text[at] == '\\' ? run + 1 : 0;
  }
  return text.size();
}

/// The end of a value that is no string.
std::size_t bare_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '{' || c == '[' || c == '(') ++depth;
    if (c == '}' || c == ']' || c == ')') {
      if (depth <= 1) return depth == 0 ? at : at + 1;
      --depth;
    }
    if (depth == 0 && (c == ',' || c == '\n')) return at;
  }
  return at;
}

/// Where the value of the key that ends at `at` begins, behind its colon; kNone if it is no key.
std::size_t value_begin(std::string_view text, std::size_t at) {
  while (at < text.size() && of_name(text[at])) ++at;
  if (!skip_quote(text, at)) return kNone;
  at = text.find_first_not_of(kBlanks, at);
  if (at == kNone || text[at] != ':') return kNone;
  return text.find_first_not_of(kBlanks, at + 1);
}

}  // namespace

std::string redact(std::string_view bytes) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t key = bytes.find(kKey); key != kNone; key = bytes.find(kKey, done)) {
    const std::size_t after_key = key + kKey.size();
    std::size_t begin = value_begin(bytes, after_key);
    if (begin == kNone) {
      // What else the same name holds is no key either, so that each name is read once.
      std::size_t end_of_name = after_key;
      while (end_of_name < bytes.size() && of_name(bytes[end_of_name])) ++end_of_name;
      out.append(bytes.substr(done, end_of_name - done));
      done = end_of_name;
      continue;
    }
    std::size_t end = begin;
    std::size_t at = begin;
    while (at < bytes.size() && at < begin + 2 && of_name(bytes[at])) ++at;  // u'', b''
    const auto backslashes = skip_quote(bytes, at);
    const std::string_view value = bytes.substr(begin, 4);
    if (backslashes) {
      begin = at;
      end = string_end(bytes, begin, bytes[at - 1], *backslashes);
    } else if (value == "null" || value == "None") {
      end = begin;
    } else {
      end = bare_end(bytes, begin);
    }
    out.append(bytes.substr(done, begin - done));
    if (end != begin) out.append(kBlanked);
    done = end;
  }
  out.append(bytes.substr(done));
  return out;
}

}  // namespace vmtrail
