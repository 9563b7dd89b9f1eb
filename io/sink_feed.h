// SPDX-License-Identifier: Apache-2.0
// What feeds one sink: its thread, its cursor, its patience.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "io/recent_records.h"
#include "io/sink.h"
#include "io/sinks.h"
#include "io/store.h"

namespace vmtrail {

/// Sends a sink every record in sequence, from the recent ones or, where it has fallen behind
/// these, from the store. What is not delivered is sent again until it is; that delays nobody else.
/// Its thread is named `sink-N`.
class SinkFeed {
 public:
  struct Options {
    std::string name;  ///< the sink's URL: in logs and metrics, and the key of its cursor
    SinkForm form{};
    Sequence behind{};    ///< the last record that it has
    std::string state{};  ///< directory of the store; empty: there is none
    unsigned number = 0;
    std::chrono::milliseconds first_pause{100};  ///< after a failure; doubles from one to the next
    std::chrono::milliseconds last_pause{30'000};
  };
  /// Borrows the records.
  SinkFeed(Options options, std::unique_ptr<Sink> sink, RecentRecords& records);

  /// Waits until everything up to `sequence` is delivered, at most until `until`, and no longer
  /// while the receiver is away. Are they?
  bool await(Sequence sequence, std::chrono::steady_clock::time_point until);
  /// Ends its thread.
  void stop();

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] const Sink& sink() const { return *sink_; }

  // ---- from any thread

  [[nodiscard]] Sequence cursor() const {
    return Sequence{cursor_.load()};
  }  ///< delivered up to it
  /// Records that are safe and that it has not delivered yet.
  [[nodiscard]] std::uint64_t behind() const;
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }
  [[nodiscard]] bool failing() const { return failing_; }  ///< since it last tried
  /// Records that it never got: nobody has kept them for it.
  [[nodiscard]] std::uint64_t compacted() const { return compacted_; }

 private:
  void run(const std::stop_token& stop);
  void advance(const std::stop_token& stop);
  void send_batch(const RecordBatch& batch, const std::stop_token& stop);
  bool send_stored(const std::stop_token& stop);
  void take(const OutgoingRecord& record, std::string_view zenoss);
  void pass_lost(Sequence oldest, std::string_view why);
  void note_lost(std::uint64_t lost, std::string_view why);
  void send(Sequence up_to, const std::stop_token& stop);
  void move_to(std::uint64_t sequence);
  void set_failing(bool failing);
  void pause(std::chrono::milliseconds length, const std::stop_token& stop);

  const Options options_;
  const std::unique_ptr<Sink> sink_;
  RecentRecords& records_;

  // Of the feed's own thread.
  std::optional<Store> store_;
  std::vector<OutgoingRecord> outgoing_;
  std::uint64_t formless_ = 0;  // wanted, but not kept in Zenoss' form; not told of yet

  std::mutex mutex_;
  std::condition_variable moved_;  // the cursor, or failing_
  std::atomic<std::uint64_t> cursor_;
  std::atomic<bool> failing_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> compacted_{0};

  std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace vmtrail
