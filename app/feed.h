// SPDX-License-Identifier: Apache-2.0
// What replay does with each event of its input.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "app/outlets.h"
#include "io/input_consumer.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// Times real time; nullopt: as fast as it goes ("max"). Errors: wrong_usage.
[[nodiscard]] Result<std::optional<double>> parse_speed(const std::string& text);

/// Passes events on to the dispatcher, at the pace asked for, and has the store remember them. Of
/// one file; borrows dispatcher and outlets.
class Feed : public InputConsumer {
 public:
  struct Options {
    std::optional<double> speed;
    std::function<Result<void>(std::uint64_t bytes_read)> progress;  ///< see on_progress()
  };
  Feed(Dispatcher& dispatcher, Outlets& outlets, Options options);

  void on_coming(std::span<const Matched> coming) override { dispatcher_.expect(coming); }
  void on_frame(const Frame& frame) override { dispatcher_.set_frame(frame); }
  void on_event(const Event& event, const Matched& matched) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override;
  void on_skipped_line() override;
  Result<void> on_progress(std::uint64_t bytes_read) override {
    return options_.progress(bytes_read);
  }
  void on_wait() override { outlets_.flush(); }

  [[nodiscard]] std::uint64_t decoded() const { return decoded_; }
  /// Everything that is not blank.
  [[nodiscard]] std::uint64_t met() const { return decoded_ + met_; }

 private:
  using Clock = std::chrono::steady_clock;

  void dispatch_and_keep(const Event& event, const Matched& matched);
  void wait_for(Time generated);

  Dispatcher& dispatcher_;
  Outlets& outlets_;
  const Options options_;
  std::optional<Time> first_;
  Clock::time_point started_;
  std::uint64_t decoded_ = 0;
  std::uint64_t met_ = 0;
};

}  // namespace vmtrail
