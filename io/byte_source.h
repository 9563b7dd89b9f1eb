// SPDX-License-Identifier: Apache-2.0
// A file or standard input, plain or compressed, as a growing window of bytes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/decompressor.h"
#include "io/file_descriptor.h"
#include "vmtrail/decoder.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// The bytes of one input, front to back, for a Splitter to cut into frames. gzip and zstd are told
/// from plain bytes by how the input begins, whatever its name; members and frames that follow one
/// another are one input. One thread at a time.
class ByteSource {
 public:
  /// Opens a file, a FIFO or a device; "-" is standard input, read from where it stands. Reads
  /// nothing yet. Errors: unreadable, with the path and the system's reason (a directory, too).
  [[nodiscard]] static Result<ByteSource> open(const std::string& path);

  /// Takes `size` bytes, at most all, off the front of the window.
  void consume(std::size_t size) {
    if (size > end_ - begin_) std::abort();
    begin_ += size;
  }

  /// Adds at least one byte to the window: true; or there are none: false, now and from then on.
  /// Blocks only when it has nothing to add. Moves and reallocates the window, so views into it end
  /// here. Adds at most kWindow bytes, so that what the caller reads is still in the cache, however
  /// large the buffer is: it grows (to twice its size) only when it is full and nothing of it was
  /// consumed; it is for the caller to bound that. Errors come after every byte before them was in
  /// the window, and stay: unreadable (the system's reason), cut_short (a compressed stream ended
  /// early), corrupt_stream.
  [[nodiscard]] Result<bool> fill();

  /// The bytes not consumed yet. kPadding zeros follow its end and may be read.
  [[nodiscard]] std::string_view window() const { return {&buffer_[begin_], end_ - begin_}; }

  /// Might fill() have to wait for whoever writes the input? Never for a regular file.
  [[nodiscard]] bool may_wait() const;

  /// Gives the window's buffer away, in exchange for another: views into it stay valid, and what
  /// was not consumed goes on in the other one, whose contents and views end here.
  void exchange_buffer(std::vector<char>& buffer);

  /// Bytes read so far of the input as it is stored, for progress.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

  /// What bytes_read() will come to: the size of a regular file when it was opened (it may grow
  /// meanwhile); nullopt for anything else.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

  static constexpr std::size_t kWindow = std::size_t{256} << 10;  ///< to begin with

 private:
  ByteSource(std::string name, FileDescriptor file, std::optional<std::uint64_t> size);

  void make_room();
  [[nodiscard]] std::span<char> room(std::size_t limit = kWindow);
  [[nodiscard]] Result<std::size_t> read(std::span<char> target);
  [[nodiscard]] Result<bool> read_head();
  [[nodiscard]] Result<bool> read_plain();
  [[nodiscard]] Result<bool> decompress();

  std::string name_;
  FileDescriptor file_;
  std::optional<std::uint64_t> size_;
  std::unique_ptr<Decompressor> decompressor_;  // null: plain; settled by the first fill()

  std::vector<char>
      buffer_;  // the window is [begin_, end_); kPadding bytes beyond are always there
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::vector<char> stored_;     // compressed bytes as read
  std::string_view compressed_;  // those of stored_ that are not decompressed yet
  std::uint64_t bytes_read_ = 0;
  bool head_read_ = false;
  bool ended_ = false;                    // the file is; there may be more to decompress
  std::optional<Result<bool>> finished_;  // what fill() answers from now on
};

}  // namespace vmtrail
