// SPDX-License-Identifier: Apache-2.0
// The right to be the only daemon of a state directory.

#pragma once

#include <string>
#include <utility>

#include "io/file_descriptor.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// Held for as long as it lives; ends with the process, however that ends.
class StateLock {
 public:
  /// Makes the directory if need be. Error: store_error; another process holds it.
  [[nodiscard]] static Result<StateLock> take(const std::string& directory);

 private:
  explicit StateLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace vmtrail
