// SPDX-License-Identifier: Apache-2.0
// A file that others append to, as far as it has been read.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/file_descriptor.h"

namespace vmtrail {

/// Where reading a file stands, in a form that can be stored: which file (its inode, and a
/// fingerprint of how it begins, since inodes are used again and files are truncated), and how far.
struct TailPosition {
  ino_t inode = 0;
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
  std::uint64_t head_size = 0;  ///< bytes that the fingerprint is of
  std::uint64_t head = 0;       ///< the fingerprint

  [[nodiscard]] static std::optional<TailPosition> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// An open file and a position in it. One thread at a time.
class TailedFile {
 public:
  /// From its beginning. nullopt: it cannot be opened, errno says why.
  [[nodiscard]] static std::optional<TailedFile> open(const std::string& path);
  /// The file of that position: the one at `path`, or one beside it whose name goes on from there,
  /// as rotation leaves it. nullopt: it is gone, or holds something else by now.
  [[nodiscard]] static std::optional<TailedFile> find(const std::string& path,
                                                      const TailPosition& position);

  /// From its beginning, the file that was written to after this one: of those that rotation has
  /// left beside `path` (`.1`, `-20261122`) the one that was written to last longest ago, else that
  /// at `path`. nullopt: as for open().
  [[nodiscard]] std::optional<TailedFile> next(const std::string& path) const;

  /// Appends at most `most` bytes to `to`. Returns how many; 0: there are none now. -1: errno.
  ssize_t read(std::string& to, std::size_t most);
  /// Has it become shorter than what was read, or begins otherwise than it did?
  [[nodiscard]] bool truncated() const;
  /// Goes back to the beginning.
  void begin_again();
  /// Is it the file at `path`? Also true if there is none at all.
  [[nodiscard]] bool is_at(const std::string& path) const;

  /// So much of what was read is done with, and so many lines.
  void consume(std::uint64_t bytes, std::uint64_t lines);
  [[nodiscard]] const TailPosition& position() const { return position_; }

 private:
  TailedFile(FileDescriptor file, ino_t inode) : file_(std::move(file)) { position_.inode = inode; }
  /// When it was last written to, in ns.
  [[nodiscard]] std::int64_t written_at() const;
  [[nodiscard]] std::optional<std::uint64_t> head(std::uint64_t size) const;
  [[nodiscard]] bool is_that_of(const TailPosition& position) const;

  FileDescriptor file_;
  TailPosition position_;   // up to where it is done with
  std::uint64_t read_ = 0;  // up to where it has been read
};

}  // namespace vmtrail
