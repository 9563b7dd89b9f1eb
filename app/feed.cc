// SPDX-License-Identifier: Apache-2.0

#include "app/feed.h"

#include <algorithm>
#include <sstream>
#include <thread>
#include <utility>

#include "io/store.h"

namespace vmtrail {

Result<std::optional<double>> parse_speed(const std::string& text) {
  if (text == "max") return std::nullopt;
  std::istringstream input(text);
  double speed = 0;
  if (!(input >> speed) || !(input >> std::ws).eof() || !(speed > 0)) {
    return tl::unexpected(
        Error{ErrorCode::wrong_usage,
              "--speed wants 'max' or a number greater than 0, not '" + text + "'"});
  }
  return speed;
}

Feed::Feed(Dispatcher& dispatcher, Outlets& outlets, Options options)
    : dispatcher_(dispatcher), outlets_(outlets), options_(std::move(options)) {}

void Feed::on_event(const Event& event, const Matched& matched) {
  if (options_.speed) wait_for(event.generated);
  outlets_.generated = event.generated;
  ++decoded_;
  if (outlets_.store != nullptr) return dispatch_and_keep(event, matched);
  dispatcher_.on_matched(event, matched);
}

void Feed::on_undecodable(const Undecodable& bad) {
  dispatcher_.on_undecodable(bad);
  ++met_;
}

void Feed::on_sample() {
  dispatcher_.on_sample();
  ++decoded_;
}

void Feed::on_skipped_line() {
  dispatcher_.on_skipped_line();
  ++met_;
}

void Feed::dispatch_and_keep(const Event& event, const Matched& matched) {
  const std::uint64_t duplicates = dispatcher_.counts().duplicate;
  dispatcher_.on_matched(event, matched);
  // Only now: the model asks the store whether it has seen the event before.
  if (dispatcher_.counts().duplicate == duplicates) {
    outlets_.keep(outlets_.store->add_message(matched.message, event.generated));
  }
}

// Events keep their distance in time, divided by the speed; one that is late does not wait.
void Feed::wait_for(Time generated) {
  if (!first_) {
    first_ = generated;
    started_ = Clock::now();
  }
  constexpr double kLongest = 1e9;  // seconds: what is longer would not fit the clock
  const std::chrono::duration<double> distance{std::min(
      std::chrono::duration<double>(generated - *first_).count() / *options_.speed, kLongest)};
  const auto due = started_ + std::chrono::duration_cast<Clock::duration>(distance);
  if (due <= Clock::now()) return;
  outlets_.flush();
  std::this_thread::sleep_until(due);
}

}  // namespace vmtrail
