// SPDX-License-Identifier: Apache-2.0
// The daemon as a process, and what it says.

#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

namespace vmtrail::testing {

/// `vmtrail serve` with these arguments; killed with the test.
class DaemonProcess {
 public:
  explicit DaemonProcess(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {VMTRAIL_PROGRAM, "serve"});
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    if (posix_spawn(&process_, words[0], &actions, nullptr, words.data(), environ) != 0) {
      throw std::runtime_error("cannot be started");
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    errors_ = ends[0];
  }
  ~DaemonProcess() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    close(errors_);
  }
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Waits for a line with this in it; what came before it is passed over.
  std::string await(const std::string& wanted) {
    for (;;) {
      const std::string line = next_line();
      if (line.find(wanted) != std::string::npos) return line;
    }
  }
  /// The URL behind the next "listening ".
  std::string address() { return await("listening ").substr(10); }
  void signal(int number) const { kill(process_, number); }
  /// No file of it may become longer; what it writes beyond that fails as on a full disk.
  void limit_files(rlim_t bytes) const {
    const rlimit limit{bytes, RLIM_INFINITY};
    if (prlimit(process_, RLIMIT_FSIZE, &limit, nullptr) != 0) throw std::runtime_error("no limit");
  }

  /// The exit status; `output` has all that was left to be read of standard error.
  int wait() {
    for (;;) {
      const ssize_t size = fill();
      if (size <= 0) break;
    }
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& output() const { return text_; }

 private:
  std::string next_line() {
    for (;;) {
      const std::size_t end = text_.find('\n');
      if (end != std::string::npos) {
        const std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
      }
      if (fill() <= 0) throw std::runtime_error("the daemon ended with: " + text_);
    }
  }
  ssize_t fill() {
    pollfd readable{errors_, POLLIN, 0};
    if (poll(&readable, 1, 60'000) <= 0) throw std::runtime_error("it says nothing: " + text_);
    char bytes[4096];
    const ssize_t size = read(errors_, bytes, sizeof bytes);
    if (size > 0) text_.append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  pid_t process_ = -1;
  int errors_ = -1;
  std::string text_;
};

}  // namespace vmtrail::testing
