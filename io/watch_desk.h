// SPDX-License-Identifier: Apache-2.0
// Where watchers of a running keeper are handed in.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "io/bell.h"
#include "io/epoch.h"
#include "io/intake.h"
#include "io/recent_records.h"
#include "io/seats.h"
#include "io/watch_outlet.h"
#include "io/watch_session.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// Tells every watcher what it asked for, in the thread `watch-desk`, in turns: one that is slow is
/// cut off, and delays nobody. The keeper only answers for pages of snapshots, a few at a time, and
/// rings a bell when there are new records. Thread-safe. Borrows the intake, and the records, whose
/// on_append() it takes; to be opened before there is a keeper.
class WatchDesk {
 public:
  struct Options {
    std::string state{};                  ///< directory of the keeper's store, empty: it has none
    std::uint64_t epoch = fresh_epoch();  ///< the store's
    std::size_t most = 1000;
    std::chrono::milliseconds heartbeat{5'000};
    std::chrono::milliseconds patience{30'000};  ///< with one that takes nothing of what is there
    bool short_hosts = false;                    ///< see Model::Options
  };
  WatchDesk(Intake& intake, RecentRecords& records, Options options);
  ~WatchDesk();
  WatchDesk(const WatchDesk&) = delete;
  WatchDesk& operator=(const WatchDesk&) = delete;

  /// Room for one more watcher. Error: unavailable, there is none.
  [[nodiscard]] Result<std::shared_ptr<void>> seat();
  void watch(WatchRequest request, std::unique_ptr<WatchOutlet> outlet, std::shared_ptr<void> seat);

  /// Cuts off everybody.
  void close();

  struct Figures {
    std::size_t watchers = 0;
    std::uint64_t cut = 0;  ///< off as too slow
  };
  [[nodiscard]] Figures figures() const { return {seats_.taken(), cut_}; }

 private:
  using Clock = std::chrono::steady_clock;
  void run(const std::stop_token& stop);
  void take_in();
  WatchSession::Step step_all();

  const Options options_;
  const std::shared_ptr<Bell> bell_;
  Seats seats_;
  std::atomic<std::uint64_t> cut_{0};

  // Of the thread.
  WatchRecords records_;
  Rosters rosters_;
  const WatchSession::Setting setting_;
  std::vector<std::unique_ptr<WatchSession>> sessions_;

  std::mutex mutex_;
  // Guarded by the mutex.
  std::vector<std::unique_ptr<WatchSession>> new_;
  bool closed_ = false;

  std::jthread thread_;
};

}  // namespace vmtrail
