// SPDX-License-Identifier: Apache-2.0

#include "io/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kRoom = std::size_t{16} << 10;  // for what makes the buffer full

Error unwritable(const std::string& name, int number) {
  return {ErrorCode::unwritable, name + ": " + std::generic_category().message(number)};
}

FileDescriptor open_file(const std::string& path) {
  for (;;) {
    const int fd = path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(),
                                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd >= 0 || errno != EINTR) return FileDescriptor(fd);
  }
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path) {
  std::string name = path == "-" ? "standard output" : path;
  FileDescriptor file = open_file(path);
  if (!file.is_open()) return tl::unexpected(unwritable(name, errno));
  return OutputFile(std::move(name), std::move(file));
}

OutputFile::OutputFile(std::string name, FileDescriptor file)
    : name_(std::move(name)), file_(std::move(file)) {
  make_room(kBuffer + kRoom);
}

void OutputFile::make_room(std::size_t bytes) {
  flush();
  if (bytes <= capacity_) return;
  buffer_ = std::make_unique_for_overwrite<char[]>(bytes);
  capacity_ = bytes;
}

void OutputFile::write(std::string_view bytes) {
  char* const to = room(bytes.size());
  std::copy(bytes.begin(), bytes.end(), to);
  wrote(to + bytes.size());
}

void OutputFile::flush() {
  for (std::string_view rest(buffer_.get(), size_); !rest.empty() && failure_ == 0;) {
    const ssize_t size = ::write(file_.get(), rest.data(), rest.size());
    if (size >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {  // whoever shares our standard output made it non-blocking
      pollfd writable{file_.get(), POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
  size_ = 0;
}

Result<void> OutputFile::close() {
  flush();
  file_ = FileDescriptor();
  if (failure_ == 0) return {};
  return tl::unexpected(unwritable(name_, failure_));
}

}  // namespace vmtrail
