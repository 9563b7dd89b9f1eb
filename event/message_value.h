// SPDX-License-Identifier: Apache-2.0
// A value of a message of which it is known what stands around it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "event/json_text.h"
#include "event/scanning.h"

namespace vmtrail {

inline constexpr char kNull[] = "";
/// An empty text that no message holds.
inline constexpr std::string_view kNullText{kNull, 0};

/// What may stand in the place of a value; each allows more.
enum class Takes : std::uint8_t {
  same,     ///< the very same bytes
  as_long,  ///< a string of as many characters, all of them common
  text,     ///< any string
  scalar,   ///< any string, number, truth value or null
  value,    ///< anything
};

/// What becomes of a value.
struct Wanted {
  std::string_view* to = nullptr;  ///< where it goes; nullptr: it is not read
  bool only_text = false;          ///< nor a number or truth value
  bool null_tells = false;         ///< null is told as an empty text
};

/// What is known of a text that is being walked along. The walk begins at `at`.
struct MessageReading {
  const char* at;
  const char* end;
  std::string& unescaped;  ///< for texts with escapes; has room for all of them
  bool ascii = true;
  /// It ends at a line feed before `end`, which becomes its end.
  bool in_line = false;
};

/// A string of which the inside begins at `at`; stops at its quote. nullptr: as JsonText.
template <class Form>
const char* read_text(const Wanted& wanted, const char* at, MessageReading& reading) {
  JsonText<Form> json(reading.end);
  bool escapes = false;
  const char* const quote = json.text_end(at, &escapes);
  if (quote == nullptr) return nullptr;
  if (!json.ascii()) reading.ascii = false;
  if (wanted.to == nullptr) return quote;
  std::string_view text(at, static_cast<std::size_t>(quote - at));
  if (escapes) {
    const std::size_t begin = reading.unescaped.size();
    JsonText<Form>::unescape(text, reading.unescaped);
    text = std::string_view(reading.unescaped).substr(begin);
  }
  *wanted.to = text;
  return quote;
}

/// A number, a truth value or null. nullptr: also where the judge writes a number anew.
template <class Form>
const char* read_word(const Wanted& wanted, const char* at, const MessageReading& reading) {
  JsonText<Form> json(reading.end);
  JsonKind kind{};
  const char* const behind = json.word(at, kind);
  if (behind == nullptr || wanted.to == nullptr) return behind;
  if (kind == JsonKind::null) {
    if (wanted.null_tells) *wanted.to = kNullText;
    return behind;
  }
  if (wanted.only_text || kind == JsonKind::decimal) return nullptr;
  *wanted.to = {at, static_cast<std::size_t>(behind - at)};
  return behind;
}

/// Anything; it is not read.
template <class Form>
const char* read_any(const char* at, MessageReading& reading) {
  JsonText<Form> json(reading.end);
  at = json.value(at, 0);
  if (!json.ascii()) reading.ascii = false;
  return at;
}

}  // namespace vmtrail
