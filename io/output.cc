// SPDX-License-Identifier: Apache-2.0

#include "io/output.h"

#include <cerrno>
#include <cstring>

namespace vmtrail {

Result<Output> Output::open(const std::string& path) {
  if (path == "-") return Output("standard output", stdout);
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return tl::unexpected(Error{ErrorCode::unwritable, path + ": " + std::strerror(errno)});
  }
  return Output(path, file);
}

void Output::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() && failure_ == 0) {
    failure_ = errno;
  }
}

Result<void> Output::close() {
  if (std::fflush(file_.get()) != 0 && failure_ == 0) failure_ = errno;
  file_.reset();
  if (failure_ == 0) return {};
  return tl::unexpected(Error{ErrorCode::unwritable, path_ + ": " + std::strerror(failure_)});
}

}  // namespace vmtrail
