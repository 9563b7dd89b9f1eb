// SPDX-License-Identifier: Apache-2.0
// A line of progress on a terminal, for what takes longer than a second.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace vmtrail {

/// Writes to standard error, and only if that is a terminal.
class Progress {
 public:
  Progress();
  /// `read` of `size` bytes of the current input; draws at most ten times a second.
  void show(std::uint64_t read, std::optional<std::uint64_t> size, std::uint64_t events);
  /// Wipes the line, so that something else can be written there.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool terminal_;
  bool drawn_ = false;
  Clock::time_point begun_;
  Clock::time_point next_;
};

}  // namespace vmtrail
