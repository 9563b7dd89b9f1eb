// SPDX-License-Identifier: Apache-2.0
// Brackets and strings, without a parser.

#include "vmtrail/decoder.h"

namespace vmtrail {

Brackets::Stop Brackets::scan(std::string_view text, std::size_t& position) {
  for (; position < text.size(); ++position) {
    const char c = text[position];
    if (quote_ != '\0') {
      if (c == '\n') {
        quote_ = '\0';
        escaped_ = false;
        return Stop::broken;
      }
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == quote_) {
        quote_ = '\0';
      }
      continue;
    }
    switch (c) {
      case '"':
        quote_ = c;
        break;
      case '\'':
        if (python_) quote_ = c;
        break;
      case '(':
        if (python_) ++depth_;
        break;
      case '{':
      case '[':
        ++depth_;
        break;
      case ')':
        if (!python_) break;
        [[fallthrough]];
      case '}':
      case ']':
        if (depth_ == 0) return Stop::unopened;
        if (--depth_ == 0) {
          ++position;
          return Stop::closed;
        }
        break;
      case ',':
        if (depth_ == 0) return Stop::comma;
        break;
      case '\n':
        return Stop::line_end;
      case '<':
        return Stop::angle;
      default:
        break;
    }
  }
  return Stop::end;
}

}  // namespace vmtrail
