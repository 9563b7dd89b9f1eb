// SPDX-License-Identifier: Apache-2.0
// Points in time: microseconds, UTC, as Nova and Ceilometer send them.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vmtrail {

/// A point of event time. No function of vmtrail::core reads a clock; time is always an argument.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// Reads a time as it occurs in notifications, events and Python's str(datetime): `YYYY-MM-DD`,
/// then `T` or a space, `HH:MM:SS`, an optional fraction of 1 to 9 digits (below a microsecond it
/// is cut), and an optional `Z` or offset (`+00:00`, `+0000`, `+00`). Without an offset it is UTC,
/// as oslo.messaging's `timestamp` and Ceilometer's `generated` are. Years 1970 to 9999; anything
/// else is nullopt.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);
/// The same, quicker: false for nullopt, and `time` stays as it is.
[[nodiscard]] bool read_time(std::string_view text, Time& time);

/// As people write times: the same, or a day alone, `YYYY-MM-DD`, which is its beginning in UTC.
[[nodiscard]] std::optional<Time> parse_time_or_day(std::string_view text);

/// Appends `2017-01-23T06:22:02.761138Z`: always 27 characters; years beyond 0 to 9999 are cut to
/// these.
void append_time(std::string& out, Time time);

/// The same into kTimeSize bytes at `to`.
void write_time(char* to, Time time);
inline constexpr std::size_t kTimeSize = 27;

/// The same as a string of its own.
[[nodiscard]] std::string to_string(Time time);

/// Reads a duration: a whole number and a unit (`90s`, `15m`, `2h`, `1d`, `250ms`), or ISO 8601
/// with whole numbers (`PT15M`, `PT1H30M`, `P1D`). Nothing negative; at most 100 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

}  // namespace vmtrail
