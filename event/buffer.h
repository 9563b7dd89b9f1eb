// SPDX-License-Identifier: Apache-2.0
// How much decoders keep of what a large text has taken.

#pragma once

#include <cstddef>
#include <string>

namespace vmtrail {

/// What has grown beyond the one is given up when a text below the other comes: a frame may have
/// 16 MiB, and hardly any other has more than some kilobytes.
inline constexpr std::size_t kLargeCapacity = std::size_t{4} << 20;
inline constexpr std::size_t kSmallText = std::size_t{1} << 20;

/// Empties the buffer, for a text of that size.
inline void begin_anew(std::string& buffer, std::size_t text_size) {
  if (buffer.capacity() > kLargeCapacity && text_size < kSmallText) {
    buffer = std::string();
  } else {
    buffer.clear();
  }
}

}  // namespace vmtrail
