// SPDX-License-Identifier: Apache-2.0
// A file or standard output, written through one buffer.

#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "vmtrail/error.h"

namespace vmtrail {

/// What is written reaches the file at the latest when close() returns. One thread at a time.
class Output {
 public:
  /// Creates or truncates a file; "-" is standard output, "/dev/null" and FIFOs work. Error:
  /// unwritable.
  [[nodiscard]] static Result<Output> open(const std::string& path);

  void write(std::string_view bytes);
  /// Flushes, and tells whether everything was written. Error: unwritable, with the system's
  /// reason.
  [[nodiscard]] Result<void> close();

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdout) std::fclose(file);
    }
  };
  explicit Output(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  int failure_ = 0;  // errno of the first write that failed
};

}  // namespace vmtrail
