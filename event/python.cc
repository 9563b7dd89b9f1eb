// SPDX-License-Identifier: Apache-2.0
// A recursive descent over Python literals, of limited depth.

#include "event/python.h"

#include <array>

#include "event/syntax.h"

namespace vmtrail {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

void put_padded(std::string& out, std::int64_t value, int digits) {
  const std::string text = std::to_string(value);
  for (int i = static_cast<int>(text.size()); i < digits; ++i) out.push_back('0');
  out.append(text);
}

}  // namespace

std::optional<Flaw> PythonTranscoder::transcode(std::string_view literal, std::string& json) {
  text_ = literal;
  at_ = 0;
  out_ = &json;
  surrogate_ = 0;
  flaw_.reset();
  if (value(0)) {
    skip_blanks();
    take(',');
    skip_blanks();
    if (at_ != text_.size()) fail(ErrorCode::invalid_python);
  }
  return flaw_;
}

bool PythonTranscoder::fail(ErrorCode reason) {
  if (!flaw_) flaw_ = Flaw{reason, {}};
  return false;
}

bool PythonTranscoder::malformed() {
  return fail(at_ >= text_.size() ? ErrorCode::incomplete : ErrorCode::invalid_python);
}

void PythonTranscoder::skip_blanks() {
  while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
}

char PythonTranscoder::peek(std::size_t ahead) const {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

bool PythonTranscoder::take(char wanted) {
  if (at_ >= text_.size() || text_[at_] != wanted) return false;
  ++at_;
  return true;
}

bool PythonTranscoder::value(int depth) {
  skip_blanks();
  if (at_ >= text_.size()) return malformed();
  const char c = peek();
  if (c == '{' || c == '[' || c == '(') {
    if (depth == kMaxDepth) return fail(ErrorCode::nested_too_deep);
    ++at_;
    if (c == '{') return dictionary(depth + 1);
    return sequence(c == '[' ? ']' : ')', depth + 1);
  }
  if (at_string()) return strings();
  if (is_digit(c) || c == '-' || c == '+' || c == '.') return number();
  if (is_letter(c)) return word();
  return malformed();
}

bool PythonTranscoder::dictionary(int depth) {
  out_->push_back('{');
  for (bool first = true;; first = false) {
    skip_blanks();
    if (take('}')) break;
    if (!first) out_->push_back(',');
    if (!key()) return false;
    skip_blanks();
    if (!take(':')) return malformed();
    out_->push_back(':');
    if (!value(depth)) return false;
    skip_blanks();
    if (!take(',') && peek() != '}') return malformed();
  }
  out_->push_back('}');
  return true;
}

bool PythonTranscoder::sequence(char closing, int depth) {
  out_->push_back('[');
  for (bool first = true;; first = false) {
    skip_blanks();
    if (take(closing)) break;
    if (!first) out_->push_back(',');
    if (!value(depth)) return false;
    skip_blanks();
    if (!take(',') && peek() != closing) return malformed();
  }
  out_->push_back(']');
  return true;
}

/// JSON's keys are strings; a number or a word as a key becomes one.
bool PythonTranscoder::key() {
  if (at_string()) return strings();
  const char c = peek();
  if (!is_digit(c) && c != '-' && !is_letter(c)) return malformed();
  out_->push_back('"');
  const bool good = is_letter(c) ? word() : number();
  out_->push_back('"');
  return good && (*out_)[out_->size() - 2] != '"' ? true : malformed();
}

/// An integer, of Python 2's long type or not, or a float.
bool PythonTranscoder::number() {
  const auto digits = [this] {
    const std::size_t begin = at_;
    while (is_digit(peek())) out_->push_back(text_[at_++]);
    return at_ - begin;
  };
  if (take('-')) {
    out_->push_back('-');
  } else {
    take('+');
  }
  const bool whole = is_digit(peek());
  if (!whole) out_->push_back('0');
  digits();
  if (take('.')) {
    out_->push_back('.');
    if (digits() == 0) {
      if (!whole) return malformed();
      out_->push_back('0');
    }
  } else if (!whole) {
    return malformed();
  }
  if (ascii_lower(peek()) == 'e') {
    out_->push_back(text_[at_++]);
    if (peek() == '-' || peek() == '+') out_->push_back(text_[at_++]);
    if (digits() == 0) return malformed();
  } else if (ascii_lower(peek()) == 'l') {
    ++at_;
  }
  return true;
}

bool PythonTranscoder::word() {
  const std::size_t begin = at_;
  while (is_letter(peek()) || is_digit(peek()) || peek() == '.') ++at_;
  const std::string_view name = text_.substr(begin, at_ - begin);
  if (peek() == '(') {
    if (name == "datetime.datetime") return datetime();
    out_->append("null");
    return skip_call();
  }
  if (name == "True") {
    out_->append("true");
  } else if (name == "False") {
    out_->append("false");
  } else if (name == "None" || name == "nan" || name == "inf") {
    out_->append("null");
  } else {
    return malformed();
  }
  return true;
}

/// `datetime.datetime(2026, 11, 22, 12, 33, 25, 149340)`. A zone other than UTC makes a text that
/// is no time.
bool PythonTranscoder::datetime() {
  std::array<std::int64_t, 7> parts{};
  std::size_t count = 0;
  const std::size_t open = at_;
  ++at_;
  for (skip_blanks(); is_digit(peek()) && count < parts.size(); skip_blanks()) {
    for (int digits = 0; is_digit(peek()); ++digits, ++at_) {
      if (digits == 9) return fail(ErrorCode::number_out_of_range);
      parts[count] = parts[count] * 10 + (text_[at_] - '0');
    }
    ++count;
    skip_blanks();
    if (!take(',')) break;
  }
  const std::size_t zone_begin = at_;
  at_ = open;
  if (!skip_call()) return false;
  const std::string_view zone = text_.substr(zone_begin, at_ - 1 - zone_begin);
  if (count < 3) return fail(ErrorCode::invalid_python);
  out_->push_back('"');
  for (std::size_t i = 0; i < 6; ++i) {
    if (i != 0) out_->push_back("--T::"[i - 1]);
    put_padded(*out_, parts[i], i == 0 ? 4 : 2);
  }
  if (parts[6] != 0) {
    out_->push_back('.');
    put_padded(*out_, parts[6], 6);
  }
  const bool utc = zone.empty() || zone.find("utc") != std::string_view::npos ||
                   zone.find("UTC") != std::string_view::npos ||
                   zone.find("Utc") != std::string_view::npos ||
                   zone.find("None") != std::string_view::npos;
  out_->append(utc ? "\"" : " in another zone\"");
  return true;
}

/// Skips `(…)`, whatever is in it.
bool PythonTranscoder::skip_call() {
  std::size_t depth = 0;
  char quote = '\0';
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (quote != '\0') {
      if (c == '\\') {
        ++at_;
      } else if (c == quote) {
        quote = '\0';
      }
    } else if (is_quote(c)) {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      ++at_;
      return true;
    }
  }
  at_ = text_.size();
  return malformed();
}

}  // namespace vmtrail
