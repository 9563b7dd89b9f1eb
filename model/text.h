// SPDX-License-Identifier: Apache-2.0
// Copying texts that are mostly short: a name, a state, a word.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vmtrail {

/// Copies as many bytes as one instruction can.
template <class Word>
inline void copy_word(char* to, const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  std::memcpy(to, &word, sizeof word);
}

/// Writes the text at `to` and returns where it ended. Touches nothing beyond it.
inline char* put_text(char* to, std::string_view text) {
  // The last word overlaps the one before it, so that every size takes whole words.
  struct Sixteen {
    std::uint64_t words[2];
  };
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= sizeof(Sixteen)) {
    const std::size_t last = size - sizeof(Sixteen);
    for (std::size_t at = 0; at < last; at += sizeof(Sixteen)) {
      copy_word<Sixteen>(to + at, from + at);
    }
    copy_word<Sixteen>(to + last, from + last);
  } else if (size >= 8) {
    copy_word<std::uint64_t>(to, from);
    copy_word<std::uint64_t>(to + size - 8, from + size - 8);
  } else if (size >= 4) {
    copy_word<std::uint32_t>(to, from);
    copy_word<std::uint32_t>(to + size - 4, from + size - 4);
  } else if (size > 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return to + size;
}

}  // namespace vmtrail
