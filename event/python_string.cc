// SPDX-License-Identifier: Apache-2.0
// Strings in Python literals: prefixes and escapes, of Python 2 and 3.

#include <array>

#include "event/python.h"
#include "event/syntax.h"

namespace vmtrail {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

bool PythonTranscoder::at_string() const {
  std::size_t prefix = 0;
  while (prefix < 2 &&
         std::string_view("ubr").find(ascii_lower(peek(prefix))) != std::string_view::npos) {
    ++prefix;
  }
  return is_quote(peek(prefix));
}

/// One string, or several beside each other, which are one in Python.
bool PythonTranscoder::strings() {
  out_->push_back('"');
  do {
    if (!string()) return false;
    skip_blanks();
  } while (at_string());
  out_->push_back('"');
  return true;
}

bool PythonTranscoder::string() {
  bool unicode = false;
  bool bytes = false;
  bool raw = false;
  for (; !is_quote(peek()); ++at_) {
    unicode = unicode || ascii_lower(peek()) == 'u';
    bytes = bytes || ascii_lower(peek()) == 'b';
    raw = raw || ascii_lower(peek()) == 'r';
  }
  const char quote = text_[at_++];
  for (;;) {
    if (at_ >= text_.size()) return malformed();
    const char c = text_[at_++];
    if (c == '\\' && !raw) {
      if (!escape(unicode, bytes)) return false;
      continue;
    }
    if (surrogate_ != 0) return fail(ErrorCode::invalid_utf8);
    if (c == quote) return true;
    if (c == '\n') return fail(ErrorCode::invalid_python);
    put_character(c);
    if (c == '\\' && at_ < text_.size())
      put_character(text_[at_++]);  // raw: it still guards a quote
  }
}

/// What follows a backslash.
bool PythonTranscoder::escape(bool unicode, bool bytes) {
  if (at_ >= text_.size()) return malformed();
  const char c = text_[at_++];
  if (!bytes && c == 'u') return code_point(4);
  if (!bytes && c == 'U') return code_point(8);
  if (surrogate_ != 0) return fail(ErrorCode::invalid_utf8);
  if (c == 'x') return byte_escape(unicode);
  static constexpr std::string_view kLetters = "abfnrtv";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v";
  if (const std::size_t letter = kLetters.find(c); letter != std::string_view::npos) {
    put_character(kMeanings[letter]);
  } else if (c >= '0' && c <= '7') {
    std::uint32_t value = static_cast<std::uint32_t>(c - '0');
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
      value = value * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
    }
    put(value);
  } else if (c == '\\' || is_quote(c)) {
    put_character(c);
  } else if (c !=
             '\n') {  // an escaped line feed is no character; an unknown escape stands for itself
    put_character('\\');
    put_character(c);
  }
  return true;
}

bool PythonTranscoder::hex(std::size_t digits, std::uint32_t& value) {
  value = 0;
  for (std::size_t i = 0; i < digits; ++i, ++at_) {
    const int digit = hex_value(peek());
    if (digit < 0) return malformed();
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return true;
}

bool PythonTranscoder::code_point(std::size_t digits) {
  std::uint32_t value = 0;
  if (!hex(digits, value)) return false;
  const bool low = value >= 0xdc00 && value <= 0xdfff;
  if (low != (surrogate_ != 0) || value > 0x10ffff) return fail(ErrorCode::invalid_utf8);
  if (value >= 0xd800 && value <= 0xdbff) {
    surrogate_ = value;
    return true;
  }
  if (low) value = 0x10000 + ((surrogate_ - 0xd800) << 10) + (value - 0xdc00);
  surrogate_ = 0;
  put(value);
  return true;
}

/// `\xNN` is a code point in Python 3 and in u'', a byte in Python 2. Python 3 escapes no character
/// that begins a UTF-8 sequence when read as a byte, so a whole sequence of escapes tells Python 2.
bool PythonTranscoder::byte_escape(bool unicode) {
  std::uint32_t value = 0;
  if (!hex(2, value)) return false;
  const std::size_t more = value >= 0xf0 && value <= 0xf4   ? 3
                           : value >= 0xe0 && value <= 0xef ? 2
                           : value >= 0xc2 && value <= 0xdf ? 1
                                                            : 0;
  if (unicode || more == 0) {
    put(value);
    return true;
  }
  std::array<char, 4> sequence{static_cast<char>(value)};
  for (std::size_t i = 0; i < more; ++i) {
    const int high = hex_value(peek(i * 4 + 2));
    const int low = hex_value(peek(i * 4 + 3));
    if (peek(i * 4) != '\\' || peek(i * 4 + 1) != 'x' || high < 8 || high > 11 || low < 0) {
      put(value);
      return true;
    }
    sequence[i + 1] = static_cast<char>(high * 16 + low);
  }
  at_ += more * 4;
  out_->append(sequence.data(), more + 1);
  return true;
}

void PythonTranscoder::put(std::uint32_t code_point) {
  const auto byte = [this](std::uint32_t value) { out_->push_back(static_cast<char>(value)); };
  if (code_point < 0x80) {
    put_character(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    byte(0xc0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    byte(0xe0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  } else {
    byte(0xf0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3f));
    byte(0x80 | (code_point >> 6 & 0x3f));
    byte(0x80 | (code_point & 0x3f));
  }
}

void PythonTranscoder::put_character(char c) {
  if (c == '"' || c == '\\') {
    out_->push_back('\\');
    out_->push_back(c);
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out_->append("\\u00");
    out_->push_back(c < 0x10 ? '0' : '1');
    out_->push_back("0123456789abcdef"[c & 15]);
  } else {
    out_->push_back(c);
  }
}

}  // namespace vmtrail
