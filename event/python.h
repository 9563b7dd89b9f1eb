// SPDX-License-Identifier: Apache-2.0
// Python literals, as Ceilometer's file publisher writes them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/draft.h"

namespace vmtrail {

/// Writes a Python literal as JSON, so that one decoder reads both: dictionaries, lists, tuples,
/// strings (any prefix, Python 2 or 3), numbers, None, True, False. `datetime.datetime(…)` becomes
/// its ISO form, any other call null. What it writes is at most six times as long as what it reads.
class PythonTranscoder {
 public:
  /// Appends the JSON of `literal` to `json`, or returns why it is none.
  [[nodiscard]] std::optional<Flaw> transcode(std::string_view literal, std::string& json);

  /// More brackets than these within each other are nested_too_deep.
  static constexpr int kMaxDepth = 64;

 private:
  bool value(int depth);
  bool dictionary(int depth);
  bool sequence(char closing, int depth);
  bool key();
  bool strings();
  bool string();
  bool escape(bool unicode, bool bytes);
  bool code_point(std::size_t digits);
  bool hex(std::size_t digits, std::uint32_t& value);
  bool byte_escape(bool unicode);
  bool number();
  bool word();
  bool datetime();
  bool skip_call();

  bool fail(ErrorCode reason);
  bool malformed();  // invalid_python, or incomplete at the end of the text
  void skip_blanks();
  [[nodiscard]] char peek(std::size_t ahead = 0) const;
  bool take(char wanted);
  bool at_string() const;
  void put(std::uint32_t code_point);
  void put_character(char c);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string* out_ = nullptr;
  std::uint32_t surrogate_ = 0;  // the first half of a pair, as Python 2 writes them
  std::optional<Flaw> flaw_;
};

}  // namespace vmtrail
