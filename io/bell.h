// SPDX-License-Identifier: Apache-2.0
// What one thread sleeps by until any other has something for it.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace vmtrail {

/// Rung from any thread, which takes no longer however many wait for what comes of it; a ring that
/// nobody waited for is kept. Shared by those who ring it, who may outlive the sleeper.
class Bell {
 public:
  using Clock = std::chrono::steady_clock;

  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    ringing_.notify_one();
  }
  /// Sleeps until it is rung, `until`, or until it is asked to stop.
  void sleep(const std::stop_token& stop, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    ringing_.wait_until(lock, stop, until, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any ringing_;
  bool rung_ = false;  // guarded by the mutex
};

}  // namespace vmtrail
