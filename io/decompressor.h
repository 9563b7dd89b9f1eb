// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952) and zstd (RFC 8878) streams, decompressed a piece at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "vmtrail/error.h"

namespace vmtrail {

/// One compressed stream. Its members (gzip) or frames (zstd) follow one another as one stream of
/// bytes. One thread at a time.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  /// Decompresses from the front of `in` into `out`, which is not empty; cuts off `in` what it took
  /// and returns the bytes written. While `in` is not empty it takes or writes something; with an
  /// empty `in` it writes what it still holds. Whatever precedes a broken place is written before
  /// that place is an error, but for zstd's own granularity: blocks (up to 128 KiB) decompress as a
  /// whole or not at all. Errors: corrupt_stream; unreadable if the stream wants more memory than
  /// is reasonable. There is nothing to be had after an error.
  virtual Result<std::size_t> step(std::string_view& in, std::span<char> out) = 0;

  /// Whether the stream may end here: everything taken so far makes whole members or frames.
  [[nodiscard]] virtual bool complete() const = 0;
};

/// Enough of a stream's beginning to tell what it is.
inline constexpr std::size_t kMagicSize = 4;

/// What decompresses a stream that begins with `head`: kMagicSize bytes of it, or all there are.
/// Null if it is not compressed.
[[nodiscard]] std::unique_ptr<Decompressor> find_decompressor(std::string_view head);

}  // namespace vmtrail
