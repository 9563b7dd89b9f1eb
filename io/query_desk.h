// SPDX-License-Identifier: Apache-2.0
// Where questions to a running keeper are handed in.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "io/intake.h"
#include "io/store_reader.h"
#include "vmtrail/query.h"

namespace vmtrail {

/// The answer of what was not asked at all: without the head, as no model has been looked at.
[[nodiscard]] Answer unasked(const Error& error);

/// Has the keeper answer requests between two slices of its work. What a question wants of the
/// store is read before that in the thread `query-desk`, so that the keeper does not wait for it.
/// Thread-safe. Borrows the intake.
class QueryDesk {
 public:
  /// Of `instances` and `changes`: longer lists come in pages, so that the keeper goes on between.
  static constexpr std::size_t kLargestPage = 10'000;
  static constexpr std::size_t kMostWaiting = 64;  ///< requests that want the store

  using Reply = std::function<void(const Answer&)>;

  /// `state` is the directory of the keeper's store, empty: it has none.
  QueryDesk(Intake& intake, std::string state);
  ~QueryDesk();
  QueryDesk(const QueryDesk&) = delete;
  QueryDesk& operator=(const QueryDesk&) = delete;

  /// Calls `reply` once: from the keeper's thread, from the desk's, or at once in the caller's. Its
  /// answer's error is `unavailable` where nobody could be asked: too much waits, or the program
  /// ends.
  void ask(Request request, Reply reply);

  /// Replies to what waits; what is asked from now on reaches the keeper alone, if it takes it.
  void close();

 private:
  struct Waiting {
    Request request;
    Reply reply;
  };
  struct Read;  // what the store said

  void run(const std::stop_token& stop);
  Result<Read> read(const Request& request);
  void ask_keeper(Request request, Read read, Reply reply);

  Intake& intake_;
  const std::string state_;
  std::optional<StoreReader> reader_;  // of the thread, opened when it is first wanted

  std::mutex mutex_;
  std::condition_variable_any something_;
  // Guarded by the mutex.
  std::deque<Waiting> waiting_;
  bool closed_ = false;

  std::jthread thread_;
};

}  // namespace vmtrail
