// SPDX-License-Identifier: Apache-2.0

#include "io/source_file.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/file_descriptor.h"
#include "io/handover.h"
#include "io/tailed_file.h"
#include "io/thread_name.h"

namespace vmtrail {

namespace {

constexpr std::size_t kChunk = std::size_t{128} << 10;
constexpr int kLook = 1000;  // ms: where the system does not tell of changes

class FileSource : public Source {
 public:
  FileSource(const Url& url, const SourceSetting& setting, bool follow)
      : Source(url.text),
        handover_(setting.intake),
        format_(setting.format),
        path_(url.path),
        follow_(follow),
        stored_(TailPosition::parse(setting.position)),
        wake_(::eventfd(0, EFD_CLOEXEC)),
        changes_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~FileSource() override { stop(); }

  void stop() override {
    thread_.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::optional<bool> up() const override { return up_; }

 private:
  void run(const std::stop_token& stop) {
    name_thread("file-source");
    if (follow_) {
      const std::string directory = std::filesystem::path(path_).parent_path().string();
      ::inotify_add_watch(changes_.get(), directory.c_str(),
                          IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
    }
    find();
    while (!stop.stop_requested()) {
      // Asked before the last bytes are read: who writes to the new file is done with this one.
      const bool over = file_ && (!follow_ || rotated());
      const bool had_more = read(stop);
      up_ = file_ && !failing_;
      if (had_more) continue;
      if (failing_) {
        wait();
      } else if (over) {
        finish(stop);
        if (!follow_) return;
        begin(file_->next(path_));
      } else {
        if (!file_) open();
        if (!file_) tell_missing();
        if (!file_ || !read(stop)) wait();
      }
    }
  }

  // Where the last run stopped.
  void find() {
    if (stored_) {
      file_ = TailedFile::find(path_, *stored_);
      if (file_) return;
      spdlog::warn("{}: what was read last is no longer there; the file is read from its beginning",
                   name());
    }
    open();
  }

  void open() { begin(TailedFile::open(path_)); }

  void begin(std::optional<TailedFile> file) {
    file_ = std::move(file);
    failing_ = false;
    window_.clear();
    splitter_ = Splitter();
    base_ = {};
    if (file_) told_missing_ = false;
  }

  void tell_missing() {
    if (std::exchange(told_missing_, true)) return;
    spdlog::warn("{}: {}", name(), std::generic_category().message(errno));
  }

  // Another file stands at the path, and is written to: the old one is not any more.
  [[nodiscard]] bool rotated() const {
    struct stat there {};
    return !file_->is_at(path_) && ::stat(path_.c_str(), &there) == 0 && there.st_size > 0;
  }

  // Hands over some more of the file; false: there is no more now, or it cannot be read.
  bool read(const std::stop_token& stop) {
    if (!file_) return false;
    if (file_->truncated()) {
      spdlog::info("{}: was truncated, and is read from its beginning", name());
      file_->begin_again();
      window_.clear();
      splitter_ = Splitter();
      base_ = {};
    }
    const ssize_t size = file_->read(window_, kChunk);
    const bool failed_before = std::exchange(failing_, size < 0);
    if (failing_ && !failed_before) {
      spdlog::error("{}: {}; it is tried again", name(), std::generic_category().message(errno));
    }
    if (size <= 0) return false;
    hand_over(false, stop);
    return true;
  }

  // The line that the file ends with has no end.
  void finish(const std::stop_token& stop) { hand_over(true, stop); }

  void hand_over(bool last, const std::stop_token& stop) {
    if (base_.inode == 0) base_ = file_->position();
    Delivery delivery = handover_.blank();
    delivery.from = this;
    delivery.format = format_;
    std::size_t done = 0;
    for (;;) {
      std::optional<Frame> frame = splitter_.next(std::string_view(window_).substr(done), last);
      if (frame) {
        frame->offset += base_.offset;
        frame->line += base_.line - 1;
        delivery.add(*frame);
      }
      done += splitter_.consumed();
      if (!frame) break;
    }
    const auto lines =
        std::count(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(done), '\n');
    file_->consume(done, static_cast<std::uint64_t>(lines));
    window_.erase(0, done);
    delivery.position = file_->position().to_string();
    if (delivery.empty()) return handover_.give_back(std::move(delivery));
    std::ignore = handover_.put(std::move(delivery), stop);
  }

  void wait() {
    std::array<pollfd, 2> events = {{{changes_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    ::poll(events.data(), events.size(), kLook);
    std::array<char, 4096> told;
    while (::read(changes_.get(), told.data(), told.size()) > 0) {
    }
  }

  Handover handover_;
  const Format format_;
  const std::string path_;
  const bool follow_;
  const std::optional<TailPosition> stored_;
  const FileDescriptor wake_;
  const FileDescriptor changes_;

  // Of the thread.
  std::optional<TailedFile> file_;  // nullopt: there is none at the path
  std::string window_;              // read, but not handed over
  Splitter splitter_;
  TailPosition base_;  // where the splitter began
  bool told_missing_ = false;
  bool failing_ = false;  // the last read did
  std::atomic<bool> up_ = false;

  std::jthread thread_;
};

}  // namespace

Result<SourceOpener> prepare_file_source(const Url& url, bool /*beyond_loopback*/) {
  if (!url.host.empty() || url.path.size() < 2) {
    return tl::unexpected(wrong_url(url, "a file is written file:///PATH"));
  }
  const auto follow = url.flag("follow");
  if (!follow) return tl::unexpected(follow.error());
  return [url, follow = *follow](const SourceSetting& setting) -> OpenedSource {
    return std::make_unique<FileSource>(url, setting, follow);
  };
}

}  // namespace vmtrail
