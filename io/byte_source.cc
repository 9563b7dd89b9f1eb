// SPDX-License-Identifier: Apache-2.0

#include "io/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace vmtrail {
namespace {

// Read first, to tell from what it is: what is empty or short needs no large buffer, whose pages
// take longer to get than all else.
constexpr std::size_t kHead = std::size_t{4} << 10;

Error unreadable(const std::string& name, int number) {
  return {ErrorCode::unreadable, name + ": " + std::generic_category().message(number)};
}

FileDescriptor open_file(const std::string& path) {
  for (;;) {
    const int fd = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 || errno != EINTR) return FileDescriptor(fd);
  }
}

}  // namespace

Result<ByteSource> ByteSource::open(const std::string& path) {
  std::string name = path == "-" ? "standard input" : path;
  FileDescriptor file = open_file(path);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return tl::unexpected(unreadable(name, errno));
  }
  if (S_ISDIR(status.st_mode)) return tl::unexpected(unreadable(name, EISDIR));
  std::optional<std::uint64_t> size;
  if (S_ISREG(status.st_mode)) {
    // Standard input may have been read in part by whoever started us.
    const off_t start = std::max<off_t>(::lseek(file.get(), 0, SEEK_CUR), 0);
    size = static_cast<std::uint64_t>(std::max<off_t>(status.st_size - start, 0));
    ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return ByteSource(std::move(name), std::move(file), size);
}

ByteSource::ByteSource(std::string name, FileDescriptor file, std::optional<std::uint64_t> size)
    : name_(std::move(name)), file_(std::move(file)), size_(size), buffer_(kHead + kPadding) {}

Result<bool> ByteSource::fill() {
  if (finished_) return *finished_;
  make_room();
  const std::size_t before = end_;
  Result<bool> more = !head_read_ ? read_head() : decompressor_ ? decompress() : read_plain();
  if (!more.value_or(false)) finished_ = more;
  std::memset(&buffer_[end_], 0, kPadding);
  if (end_ > before) return true;
  return more;
}

void ByteSource::make_room() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), &buffer_[begin_], end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  } else if (room().empty()) {
    buffer_.resize(2 * end_ + kPadding);
  }
}

std::span<char> ByteSource::room(std::size_t limit) {
  return {&buffer_[end_], std::min(buffer_.size() - kPadding - end_, limit)};
}

bool ByteSource::may_wait() const {
  if (finished_ || size_ || ended_ || !compressed_.empty()) return false;
  pollfd readable{file_.get(), POLLIN, 0};
  return ::poll(&readable, 1, 0) == 0;
}

void ByteSource::exchange_buffer(std::vector<char>& buffer) {
  const std::string_view rest = window();
  const std::size_t least = rest.size() + kWindow / 2 + kPadding;
  if (buffer.size() < least || buffer.size() > 4 * least) {
    buffer = std::vector<char>(std::max(kWindow, 2 * rest.size()) + kPadding);
  }
  std::memcpy(buffer.data(), rest.data(), rest.size() + kPadding);
  buffer_.swap(buffer);
  begin_ = 0;
  end_ = rest.size();
}

Result<std::size_t> ByteSource::read(std::span<char> target) {
  while (!ended_) {
    const ssize_t size = ::read(file_.get(), target.data(), target.size());
    if (size > 0) {
      bytes_read_ += static_cast<std::uint64_t>(size);
      return static_cast<std::size_t>(size);
    }
    if (size == 0) {
      ended_ = true;
    } else if (errno == EAGAIN) {  // whoever shares our standard input made it non-blocking
      pollfd readable{file_.get(), POLLIN, 0};
      ::poll(&readable, 1, -1);
    } else if (errno != EINTR) {
      return tl::unexpected(unreadable(name_, errno));
    }
  }
  return 0;
}

Result<bool> ByteSource::read_head() {
  head_read_ = true;
  while (end_ < kMagicSize && !ended_) {
    Result<bool> more = read_plain();
    if (!more) return more;
  }
  if (!ended_) buffer_.resize(kWindow + kPadding);
  decompressor_ = find_decompressor(window());
  if (!decompressor_) return !ended_;
  stored_ = std::exchange(buffer_, std::vector<char>(buffer_.size()));
  compressed_ = {stored_.data(), std::exchange(end_, 0)};
  return decompress();
}

Result<bool> ByteSource::read_plain() {
  const Result<std::size_t> size = read(room());
  if (!size) return tl::unexpected(size.error());
  end_ += *size;
  return *size > 0;
}

Result<bool> ByteSource::decompress() {
  const std::size_t before = end_;
  for (;;) {
    const std::span<char> target = room(kWindow - (end_ - before));
    if (target.empty()) return true;
    const std::size_t left = compressed_.size();
    const Result<std::size_t> written = decompressor_->step(compressed_, target);
    if (!written) {
      return tl::unexpected(Error{written.error().code, name_ + ": " + written.error().detail});
    }
    end_ += *written;
    if (*written > 0 || compressed_.size() < left) continue;
    if (end_ > before) return true;  // rather hand it out than wait for more
    const Result<std::size_t> size = read(stored_);
    if (!size) return tl::unexpected(size.error());
    if (*size == 0) {
      if (decompressor_->complete()) return false;
      return tl::unexpected(
          Error{ErrorCode::cut_short, name_ + ": after " + std::to_string(bytes_read_) + " bytes"});
    }
    compressed_ = {stored_.data(), *size};
  }
}

}  // namespace vmtrail
