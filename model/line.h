// SPDX-License-Identifier: Apache-2.0
// A line of text under construction.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "model/text.h"

namespace vmtrail {

/// Text that is put together again and again, in memory that it keeps.
class Line {
 public:
  void clear() { size_ = 0; }
  [[nodiscard]] std::string_view text() const { return {room_.get(), size_}; }

  template <class... Parts>
  void append(const Parts&... parts) {
    append_texts(std::string_view(parts)...);
  }

 private:
  template <class... Texts>
  void append_texts(Texts... texts) {
    const std::size_t more = (texts.size() + ...);
    if (capacity_ - size_ < more) grow(more);
    char* to = room_.get() + size_;
    ((to = put_text(to, texts)), ...);
    size_ += more;
  }
  void grow(std::size_t more) {
    capacity_ = std::max(2 * capacity_, std::max<std::size_t>(size_ + more, 256));
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    put_text(larger.get(), text());
    room_ = std::move(larger);
  }

  std::unique_ptr<char[]> room_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace vmtrail
