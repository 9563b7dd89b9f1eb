// SPDX-License-Identifier: Apache-2.0
// Cutting a text at its outermost brackets.

#include "event/pieces.h"

#include "event/syntax.h"
#include "vmtrail/decoder.h"

namespace vmtrail {

Pieces::Pieces(std::string_view text, bool python)
    : text_(text), python_(python), list_(text.starts_with('[')), position_(list_ ? 1 : 0) {}

std::optional<std::string_view> Pieces::next() {
  const auto skip_separators = [this] {
    position_ = text_.find_first_not_of(" \t\r\n,", position_);
    return position_ != std::string_view::npos;
  };
  if (position_ >= text_.size() || !skip_separators()) return std::nullopt;
  if (list_ && text_[position_] == ']') {
    list_ = false;
    ++position_;
    if (!skip_separators()) return std::nullopt;
  }
  const std::size_t begin = position_;
  Brackets brackets(python_);
  for (;;) {
    switch (brackets.scan(text_, position_)) {
      case Brackets::Stop::end:
        broke_off_ = brackets.open();
        return trimmed(text_.substr(begin));
      case Brackets::Stop::closed:
      case Brackets::Stop::comma:
        return trimmed(text_.substr(begin, position_ - begin));
      case Brackets::Stop::unopened:
        if (list_ && position_ != begin) return trimmed(text_.substr(begin, position_ - begin));
        ++position_;
        break;
      case Brackets::Stop::line_end:
      case Brackets::Stop::broken:
      case Brackets::Stop::angle:
        ++position_;
        break;
    }
  }
}

}  // namespace vmtrail
