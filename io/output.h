// SPDX-License-Identifier: Apache-2.0
// A file or standard output, written through one buffer.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "io/file_descriptor.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// What is written reaches the file when the buffer is full, with flush(), and at the latest when
/// close() returns. One thread at a time.
class Output {
 public:
  /// Creates or truncates a file; "-" is standard output, "/dev/null" and FIFOs work. Error:
  /// unwritable.
  [[nodiscard]] static Result<Output> open(const std::string& path);

  /// To append to what is to be written, without a copy; flush_if_full() is to follow.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  void flush_if_full() {
    if (buffer_.size() >= kBuffer) flush();
  }
  void write(std::string_view bytes) {
    buffer_ += bytes;
    flush_if_full();
  }

  /// Writes what is buffered. After a failure everything is dropped.
  void flush();
  /// Flushes, and tells whether everything was written. Error: unwritable, with the system's
  /// reason.
  [[nodiscard]] Result<void> close();

  static constexpr std::size_t kBuffer = std::size_t{64} << 10;

 private:
  Output(std::string name, FileDescriptor file);

  std::string name_;
  FileDescriptor file_;

  std::string buffer_;
  int failure_ = 0;  // errno of the first write that failed
};

}  // namespace vmtrail
