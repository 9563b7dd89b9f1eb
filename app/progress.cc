// SPDX-License-Identifier: Apache-2.0

#include "app/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "app/summary.h"

namespace vmtrail {

namespace {

constexpr std::size_t kBar = 30;

}  // namespace

Progress::Progress()
    : terminal_(isatty(STDERR_FILENO) == 1),
      begun_(Clock::now()),
      next_(begun_ + std::chrono::seconds{1}) {}

void Progress::show(std::uint64_t read, std::optional<std::uint64_t> size, std::uint64_t events) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds{100};
  const std::chrono::duration<double> elapsed = now - begun_;
  std::string line = "\r";
  if (size && *size > 0) {
    const double part = std::min(1.0, static_cast<double>(read) / static_cast<double>(*size));
    const auto full = static_cast<std::size_t>(part * kBar);
    line += '[' + std::string(full, '#') + std::string(kBar - full, ' ') + "] " +
            std::to_string(static_cast<int>(part * 100)) + " %  ";
  }
  line += human_bytes(static_cast<double>(read)) + "  " + human_count(static_cast<double>(events)) +
          " events  " + human_count(static_cast<double>(events) / elapsed.count()) + "/s\033[K";
  std::fputs(line.c_str(), stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace vmtrail
