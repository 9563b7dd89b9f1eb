// SPDX-License-Identifier: Apache-2.0
// A file or standard output, written through one buffer.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "io/file_descriptor.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// What is written reaches the file when the buffer is full, with flush(), and at the latest when
/// close() returns. One thread at a time.
class OutputFile {
 public:
  /// Creates or truncates a file; "-" is standard output, "/dev/null" and FIFOs work. Error:
  /// unwritable.
  [[nodiscard]] static Result<OutputFile> open(const std::string& path);

  /// Where as many bytes can be written; they are, as far as wrote() tells next.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (bytes > capacity_ - size_) make_room(bytes);
    return buffer_.get() + size_;
  }
  void wrote(const char* end) {
    size_ = static_cast<std::size_t>(end - buffer_.get());
    if (size_ >= kBuffer) flush();
  }
  void write(std::string_view bytes);

  /// Writes what is buffered. After a failure everything is dropped.
  void flush();
  /// Flushes, and tells whether everything was written. Error: unwritable, with the system's
  /// reason.
  [[nodiscard]] Result<void> close();

  static constexpr std::size_t kBuffer = std::size_t{64} << 10;

 private:
  OutputFile(std::string name, FileDescriptor file);
  void make_room(std::size_t bytes);

  std::string name_;
  FileDescriptor file_;

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  int failure_ = 0;  // errno of the first write that failed
};

}  // namespace vmtrail
