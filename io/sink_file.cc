// SPDX-License-Identifier: Apache-2.0

#include "io/sink_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/file_descriptor.h"

namespace vmtrail {

namespace {

Error unwritable(const std::string& name, int number) {
  return {ErrorCode::unwritable, name + ": " + std::generic_category().message(number)};
}

std::string lines_of(std::span<const OutgoingRecord> records) {
  std::string lines;
  for (const OutgoingRecord& record : records) {
    lines += record.text;
    lines += '\n';
  }
  return lines;
}

// 0, or errno. A reader that is slow is waited for, so long as nobody asks to stop: a pipe that can
// be written to has room for PIPE_BUF, and standard output belongs to others, too, who do not
// expect it not to block.
int write_all(int fd, std::string_view bytes, const std::stop_token& stop) {
  struct stat status {};
  const bool waits = ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
  while (!bytes.empty()) {
    pollfd writable{fd, POLLOUT, 0};
    if (waits && ::poll(&writable, 1, 100) == 0) {
      if (stop.stop_requested()) return EAGAIN;
      continue;
    }
    const std::size_t most = waits ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size();
    const ssize_t size = ::write(fd, bytes.data(), most);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

class StdoutSink : public Sink {
 public:
  Result<void> send(std::span<const OutgoingRecord> records, const std::stop_token& stop) override {
    if (const int failed = write_all(STDOUT_FILENO, lines_of(records), stop); failed != 0) {
      return tl::unexpected(unwritable("standard output", failed));
    }
    return {};
  }
};

class FileSink : public Sink {
 public:
  FileSink(std::string path, std::uint64_t most) : path_(std::move(path)), most_(most) {}

  Result<void> send(std::span<const OutgoingRecord> records, const std::stop_token& stop) override {
    while (!records.empty()) {
      if (records.front().sequence <= sent_) {  // before the failure
        records = records.subspan(1);
        continue;
      }
      if (auto opened = open(); !opened) return opened;
      std::size_t count = fitting(records);
      if (count == 0 && rotate()) {
        if (auto opened = open(); !opened) return opened;
        count = fitting(records);
      }
      if (count == 0) count = records.size();  // it could not be moved away, and grows on
      if (auto written = write(records.first(count), stop); !written) return written;
      sent_ = records[count - 1].sequence;
      records = records.subspan(count);
    }
    return {};
  }

 private:
  // How many of them have room; one always has in an empty file.
  [[nodiscard]] std::size_t fitting(std::span<const OutgoingRecord> records) const {
    auto size = static_cast<std::uint64_t>(size_);
    std::size_t count = 0;
    for (; count < records.size(); ++count) {
      size += records[count].text.size() + 1;
      if (size > most_ && (size_ > 0 || count > 0)) break;
    }
    return count;
  }

  Result<void> write(std::span<const OutgoingRecord> records, const std::stop_token& stop) {
    const std::string lines = lines_of(records);
    int failed = write_all(file_.get(), lines, stop);
    if (failed == 0 && ::fdatasync(file_.get()) != 0 && errno != EINVAL) failed = errno;
    if (failed != 0) {
      // The same lines come again, and half of one must not stay. A device cannot be cut.
      [[maybe_unused]] const int cut = ::ftruncate(file_.get(), size_);
      file_ = FileDescriptor();
      return tl::unexpected(unwritable(path_, failed));
    }
    size_ += static_cast<off_t>(lines.size());
    return {};
  }

  // Again for each batch: whoever has moved the file away wants a new one.
  Result<void> open() {
    struct stat there {};
    struct stat ours {};
    const bool same = file_.is_open() && ::stat(path_.c_str(), &there) == 0 &&
                      ::fstat(file_.get(), &ours) == 0 && there.st_ino == ours.st_ino &&
                      there.st_dev == ours.st_dev;
    if (same) {
      size_ = ours.st_size;
      return {};
    }
    // A pipe that nobody reads is no reason to wait.
    constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    file_ = FileDescriptor(::open(path_.c_str(), kFlags, 0666));
    if (!file_.is_open() || ::fstat(file_.get(), &ours) != 0) {
      return tl::unexpected(unwritable(path_, errno));
    }
    size_ = ours.st_size;
    return end_line(S_ISREG(ours.st_mode));
  }

  // What was being written when the program or the machine went down is half a record: it comes
  // again, on a line of its own.
  Result<void> end_line(bool regular) {
    if (!regular || size_ == 0) return {};
    const FileDescriptor reading(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    char last = '\n';
    if (!reading.is_open() || ::pread(reading.get(), &last, 1, size_ - 1) != 1 || last == '\n') {
      return {};
    }
    if (::write(file_.get(), "\n", 1) != 1) return tl::unexpected(unwritable(path_, errno));
    ++size_;
    return {};
  }

  // false: it cannot be moved away, which is told of once.
  bool rotate() {
    bool moved = false;
    for (int number = kRotated; number > 0; --number) {
      const std::string from = number == 1 ? path_ : path_ + "." + std::to_string(number - 1);
      moved = std::rename(from.c_str(), (path_ + "." + std::to_string(number)).c_str()) == 0;
    }
    if (!moved && !std::exchange(told_stuck_, true)) {
      spdlog::warn("{}: cannot be rotated: {}", path_, std::generic_category().message(errno));
    }
    return moved;
  }

  const std::string path_;
  const std::uint64_t most_;
  FileDescriptor file_;
  off_t size_ = 0;
  Sequence sent_{};
  bool told_stuck_ = false;
};

}  // namespace

Result<SinkOpener> prepare_stdout_sink(const Url& /*url*/, bool /*beyond_loopback*/) {
  return []() -> OpenedSink { return std::make_unique<StdoutSink>(); };
}

Result<SinkOpener> prepare_file_sink(const Url& url, bool /*beyond_loopback*/) {
  if (!url.host.empty() || url.path.size() < 2) {
    return tl::unexpected(wrong_url(url, "a file is written file:///PATH"));
  }
  if (std::error_code ignored; std::filesystem::is_directory(url.path, ignored)) {
    return tl::unexpected(wrong_url(url, "this is a directory"));
  }
  const auto most = url.size("rotate", UINT64_MAX);
  if (!most) return tl::unexpected(most.error());
  return [path = url.path, most = *most]() -> OpenedSink {
    return std::make_unique<FileSink>(path, most);
  };
}

}  // namespace vmtrail
