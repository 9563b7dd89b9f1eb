// SPDX-License-Identifier: Apache-2.0
// A time that may be missing, in eight bytes.

#pragma once

#include <optional>

#include "vmtrail/time.h"

namespace vmtrail {

/// What std::optional<Time> is, in half of its memory: one point of time, before all that Nova can
/// send, stands for none.
class OptionalTime {
 public:
  OptionalTime() = default;
  OptionalTime(std::nullopt_t) {}
  OptionalTime(Time time) : time_(time) {}
  OptionalTime(const std::optional<Time>& time) : time_(time.value_or(kNone)) {}

  [[nodiscard]] bool has_value() const { return time_ != kNone; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] Time operator*() const { return time_; }
  operator std::optional<Time>() const { return has_value() ? std::optional(time_) : std::nullopt; }
  [[nodiscard]] Time value_or(Time other) const { return has_value() ? time_ : other; }
  /// Assigns it part by part. The conversion would put one together in memory and copy it at once:
  /// who reads with one load what several stores have just written waits until they have reached
  /// the cache (a failed store forwarding), some 15 cycles.
  void put(std::optional<Time>& to) const {
    if (has_value()) {
      to = time_;
    } else {
      to.reset();
    }
  }
  void reset() { time_ = kNone; }

  friend bool operator==(const OptionalTime&, const OptionalTime&) = default;

 private:
  static constexpr Time kNone = Time::min();

  Time time_ = kNone;
};

}  // namespace vmtrail
