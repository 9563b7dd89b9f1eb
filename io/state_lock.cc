// SPDX-License-Identifier: Apache-2.0

#include "io/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace vmtrail {

namespace {

Error cannot(const std::string& what, int number) {
  return {ErrorCode::store_error, what + ": " + std::generic_category().message(number)};
}

// What the holder wrote; for people.
std::string process_in(int fd) {
  std::array<char, 20> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  if (size <= 0) return "";
  const std::string_view number(text.data(), static_cast<std::size_t>(size));
  return " (process " + std::string(number.substr(0, number.find('\n'))) + ")";
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return tl::unexpected(cannot(directory, failed.value()));
  const std::string path = (std::filesystem::path(directory) / "vmtrail.lock").string();
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open()) return tl::unexpected(cannot(path, errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return tl::unexpected(cannot(path, errno));
    return tl::unexpected(
        Error{ErrorCode::store_error,
              directory + ": another vmtrail" + process_in(file.get()) + " keeps its state here"});
  }
  const std::string process = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), process.data(), process.size(), 0) < 0) {
    return tl::unexpected(cannot(path, errno));
  }
  return StateLock(std::move(file));
}

}  // namespace vmtrail
