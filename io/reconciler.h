// SPDX-License-Identifier: Apache-2.0
// A running program compares itself with its cloud every so often, and puts itself right.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "io/intake.h"
#include "vmtrail/error.h"
#include "vmtrail/reconcile.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// A thread that asks the cloud for its servers and has the keeper compare and apply them, a few at
/// a time, so that events and questions go on between. What cannot be done is one line of the log,
/// and is tried again at the next time; but for the first, which is at once if nothing is known
/// yet. Borrows the intake; to be stopped before the keeper ends.
class Reconciler {
 public:
  struct Options {
    std::string cloud;                  ///< its name in clouds.yaml, which is read each time
    std::chrono::milliseconds every{};  ///< from one time to the next
  };
  Reconciler(Options options, Intake& intake);
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  /// Gives up what it does. Takes no longer than a second.
  void stop();

  struct Figures {
    std::uint64_t failures = 0;
    std::uint64_t applied = 0;
    std::optional<Time> succeeded_at;  ///< the last time
    // Of that time.
    std::size_t agreed = 0;
    std::array<std::size_t, kDriftClasses> drift{};
  };
  /// From any thread.
  [[nodiscard]] Figures figures() const;

 private:
  struct Found;
  void run(const std::stop_token& stop);
  Result<Found> compare_once(const std::stop_token& stop);
  void note(const Result<Found>& found);

  const Options options_;
  Intake& intake_;

  mutable std::mutex mutex_;
  Figures figures_;  // guarded by it

  std::jthread thread_;
};

}  // namespace vmtrail
