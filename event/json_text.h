// SPDX-License-Identifier: Apache-2.0
// Values of JSON, and of JSON within a JSON string, checked byte by byte.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "event/block.h"

namespace vmtrail {

/// JSON as it stands.
struct Bare {
  static constexpr std::size_t kQuote = 1;  ///< bytes of a quote
  [[nodiscard]] static bool quote(const char* at) { return *at == '"'; }
  /// What is escaped by the backslash at `at`: a quote or backslash, or the letter of an escape;
  /// nullptr: none.
  [[nodiscard]] static const char* escaped(const char* at) { return at + 1; }
};

/// The text of a JSON string that is JSON itself, where no more is escaped than must be: quotes are
/// `\"`, and backslashes `\\`.
struct Nested {
  static constexpr std::size_t kQuote = 2;
  [[nodiscard]] static bool quote(const char* at) { return std::memcmp(at, R"(\")", 2) == 0; }
  [[nodiscard]] static const char* escaped(const char* at) {
    if (at[1] != '\\') return nullptr;
    if (at[2] != '\\') return at[2] == '"' ? nullptr : at + 2;  // a quote is escaped itself
    return at[3] == '"' || at[3] == '\\' ? at + 3 : nullptr;
  }
};

enum class JsonKind : std::uint8_t { text, integer, decimal, truth, null, list, object };
[[nodiscard]] constexpr bool is_container(JsonKind kind) {
  return kind == JsonKind::list || kind == JsonKind::object;
}

/// Walks along values. What takes something that stands at `at` returns what follows it; nullptr:
/// it is not JSON, or is for simdjson to judge: surrogates, exponents, more than 18 digits, deep
/// nesting, blanks that json.dumps() does not write. Nothing begins behind the end; what begins
/// before it may be read, and taken, up to 16 bytes beyond, which is to be seen from what must
/// follow.
template <class Form>
class JsonText {
 public:
  static constexpr std::size_t kMaxDepth = 32;

  explicit JsonText(const char* end) : end_(end) {}

  /// Has all that was passed been ASCII?
  [[nodiscard]] bool ascii() const { return ascii_; }

  /// Where the string whose inside begins at `at` ends: at its quote, which is before the end.
  /// `escapes`, if any, becomes true where there are escapes in it.
  const char* text_end(const char* at, bool* escapes = nullptr) {
    while (at < end_) {
      const Block::Bits ends = Block(at).ends_json();
      if (ends == 0) {
        at += Block::kSize;
        continue;
      }
      at += std::countr_zero(ends);
      if (at >= end_) return nullptr;
      if (Form::quote(at)) return at;
      if (*at == '\\') {
        std::uint32_t character = 0;
        at = escape(at, character);
        if (at == nullptr) return nullptr;
        if (escapes != nullptr) *escapes = true;
      } else {
        if (static_cast<unsigned char>(*at) < 0x80) return nullptr;
        ascii_ = false;
        ++at;
      }
    }
    return nullptr;
  }

  /// Appends what a string stands for whose inside has been passed.
  static void unescape(std::string_view inside, std::string& out) {
    const char* at = inside.data();
    const char* const end = at + inside.size();
    while (at < end) {
      std::uint32_t character = 0;
      const char* const next = *at == '\\' ? escape(at, character) : nullptr;
      if (next == nullptr) {
        out += *at++;
      } else {
        append(character, out);
        at = next;
      }
    }
  }

  /// A number, a truth value or null.
  const char* word(const char* at, JsonKind& kind) {
    if (at >= end_) return nullptr;
    const std::string_view rest(at, 5);
    if (rest.starts_with("null")) {
      kind = JsonKind::null;
      return at + 4;
    }
    if (rest.starts_with("true") || rest == "false") {
      kind = JsonKind::truth;
      return at + (*at == 't' ? 4 : 5);
    }
    return number(at, kind);
  }

  /// Any value, within so many others.
  const char* value(const char* at, std::size_t depth) {
    if (at >= end_) return nullptr;
    if (Form::quote(at)) {
      at = text_end(at + Form::kQuote);
      return at != nullptr ? at + Form::kQuote : nullptr;
    }
    if (*at == '{') return members(at, depth, [&](const char* inner) { return key(inner); });
    if (*at == '[') return members(at, depth, [](const char* inner) { return inner; });
    JsonKind kind{};
    return word(at, kind);
  }

  /// What separates members, or a key from its value: the character, and a blank or none.
  const char* separator(const char* at, char c) const {
    if (at >= end_ || *at != c) return nullptr;
    return at + (at[1] == ' ' ? 2 : 1);
  }

 private:
  static constexpr int kMaxDigits = 18;  // fit 64 bits

  /// An escape and the character it stands for.
  static const char* escape(const char* at, std::uint32_t& character) {
    at = Form::escaped(at);
    if (at == nullptr) return nullptr;
    switch (*at) {
      case '"':
      case '\\':
      case '/':
        character = static_cast<unsigned char>(*at);
        break;
      case 'b':
        character = '\b';
        break;
      case 'f':
        character = '\f';
        break;
      case 'n':
        character = '\n';
        break;
      case 'r':
        character = '\r';
        break;
      case 't':
        character = '\t';
        break;
      case 'u':
        for (int i = 0; i < 4; ++i) {
          ++at;
          const char c = static_cast<char>(*at | 0x20);  // no digit changes, and letters are lower
          const bool digit = *at >= '0' && *at <= '9';
          if (!digit && (c < 'a' || c > 'f')) return nullptr;
          character = character * 16 + static_cast<std::uint32_t>(digit ? c - '0' : c - 'a' + 10);
        }
        if (character >= 0xd800 && character < 0xe000) return nullptr;
        break;
      default:
        return nullptr;
    }
    return at + 1;
  }

  static void append(std::uint32_t character, std::string& out) {
    const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
    if (character < 0x80) {
      byte(character);
    } else if (character < 0x800) {
      byte(0xc0 | character >> 6);
      byte(0x80 | (character & 0x3f));
    } else {
      byte(0xe0 | character >> 12);
      byte(0x80 | (character >> 6 & 0x3f));
      byte(0x80 | (character & 0x3f));
    }
  }

  const char* digits(const char* at) const {
    const char* const begin = at;
    while (at < end_ && *at >= '0' && *at <= '9') ++at;
    return at != begin && at - begin <= kMaxDigits ? at : nullptr;
  }

  const char* number(const char* at, JsonKind& kind) const {
    const bool negative = *at == '-';
    const char* const begin = at + (negative ? 1 : 0);
    at = digits(begin);
    if (at == nullptr || (*begin == '0' && at - begin != 1)) return nullptr;
    kind = JsonKind::integer;
    if (*at == '.') {
      kind = JsonKind::decimal;
      at = digits(at + 1);
      if (at == nullptr) return nullptr;
    } else if (negative && *begin == '0') {
      return nullptr;  // simdjson's 0
    }
    return at;
  }

  const char* key(const char* at) {
    if (at >= end_ || !Form::quote(at)) return nullptr;
    at = text_end(at + Form::kQuote);
    return at != nullptr ? separator(at + Form::kQuote, ':') : nullptr;
  }

  /// A list or an object; `before` takes what stands before each value.
  template <class Before>
  const char* members(const char* at, std::size_t depth, const Before& before) {
    const char close = *at == '{' ? '}' : ']';
    if (depth >= kMaxDepth) return nullptr;
    ++at;
    if (at < end_ && *at == close) return at + 1;
    for (;;) {
      at = before(at);
      if (at == nullptr) return nullptr;
      at = value(at, depth + 1);
      if (at == nullptr || at >= end_) return nullptr;
      if (*at == close) return at + 1;
      at = separator(at, ',');
      if (at == nullptr) return nullptr;
    }
  }

  const char* end_;
  bool ascii_ = true;
};

}  // namespace vmtrail
