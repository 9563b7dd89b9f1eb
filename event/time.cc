// SPDX-License-Identifier: Apache-2.0
// Reading and writing times and durations.

#include "vmtrail/time.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <date/date.h>

namespace vmtrail {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Takes pieces off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }
  [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_.front(); }

  bool take(char wanted) {
    if (peek() != wanted || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// Exactly `count` digits.
  std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const int digit = text_[i] - '0';
      if (digit < 0 || digit > 9) return std::nullopt;
      value = value * 10 + digit;
    }
    text_.remove_prefix(count);
    return value;
  }

  /// 1 to 9 digits of a fraction, as microseconds.
  std::optional<microseconds> fraction() {
    std::int64_t value = 0;
    int count = 0;
    while (peek() >= '0' && peek() <= '9') {
      if (count < 6) value = value * 10 + (peek() - '0');
      text_.remove_prefix(1);
      if (++count > 9) return std::nullopt;
    }
    if (count == 0) return std::nullopt;
    for (int i = count; i < 6; ++i) value *= 10;
    return microseconds(value);
  }

  /// A whole number without a sign, below 10^15.
  std::optional<std::int64_t> number() {
    std::int64_t value = 0;
    int count = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + (peek() - '0');
      text_.remove_prefix(1);
      if (++count > 15) return std::nullopt;
    }
    if (count == 0) return std::nullopt;
    return value;
  }

  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

/// `Z`, `+HH`, `+HHMM`, `+HH:MM` up to the end, or nothing.
std::optional<minutes> parse_offset(Scanner& in) {
  if (in.at_end()) return minutes(0);
  if (in.take('Z')) return in.at_end() ? std::optional(minutes(0)) : std::nullopt;
  const bool west = in.peek() == '-';
  if (!in.take('+') && !in.take('-')) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || *hour > 23) return std::nullopt;
  minutes offset = hours(*hour);
  if (!in.at_end()) {
    in.take(':');
    const auto minute = in.digits(2);
    if (!minute || *minute > 59 || !in.at_end()) return std::nullopt;
    offset += minutes(*minute);
  }
  return west ? -offset : offset;
}

void put_digits(char* out, unsigned value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

constexpr Time kEnd = date::sys_days(date::year(10000) / 1 / 1);

constexpr Duration kLongest = hours(24) * 36525;  // 100 years

/// `amount` units, if that is not more than the limit.
std::optional<Duration> scaled(std::int64_t amount, Duration unit) {
  if (amount > kLongest.count() / unit.count()) return std::nullopt;
  return unit * amount;
}

std::optional<Duration> parse_iso_duration(Scanner& in) {
  struct Unit {
    char letter;
    bool of_time;
    Duration length;
  };
  static constexpr Unit kUnits[] = {{'D', false, hours(24)},
                                    {'H', true, hours(1)},
                                    {'M', true, minutes(1)},
                                    {'S', true, seconds(1)}};
  Duration total{0};
  bool of_time = false;
  bool any = false;
  for (const Unit& unit : kUnits) {
    if (unit.of_time && !of_time) {
      if (in.at_end()) break;
      if (!in.take('T') || in.at_end()) return std::nullopt;
      of_time = true;
    }
    Scanner ahead = in;
    const auto amount = ahead.number();
    if (!amount || !ahead.take(unit.letter)) continue;
    const auto part = scaled(*amount, unit.length);
    if (!part) return std::nullopt;
    total += *part;
    any = true;
    in = ahead;
  }
  if (!any || !in.at_end() || total > kLongest) return std::nullopt;
  return total;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  Scanner in(text);
  const auto year = in.digits(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day || (!in.take('T') && !in.take(' '))) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || *minute > 59 || !in.take(':')) return std::nullopt;
  const auto second = in.digits(2);
  if (!second || *second > 59) return std::nullopt;
  microseconds fraction{0};
  if (in.take('.')) {
    const auto parsed = in.fraction();
    if (!parsed) return std::nullopt;
    fraction = *parsed;
  }
  const auto offset = parse_offset(in);
  if (!offset) return std::nullopt;

  const date::year_month_day ymd{date::year(*year), date::month(static_cast<unsigned>(*month)),
                                 date::day(static_cast<unsigned>(*day))};
  if (!ymd.ok()) return std::nullopt;
  const Time time =
      date::sys_days(ymd) + hours(*hour) + minutes(*minute) + seconds(*second) + fraction - *offset;
  if (time < Time{} || time >= kEnd) return std::nullopt;
  return time;
}

void append_time(std::string& out, Time time) {
  static constexpr Time kFirst = date::sys_days(date::year(0) / 1 / 1);
  time =
      std::clamp(time, kFirst, kEnd - microseconds(1));  // four digits for the year, come what may
  const auto days = date::floor<date::days>(time);
  const date::year_month_day ymd(days);
  const date::hh_mm_ss<microseconds> clock(time - days);
  std::array<char, 27> buffer{};
  char* const p = buffer.data();
  put_digits(p, static_cast<unsigned>(static_cast<int>(ymd.year())), 4);
  p[4] = '-';
  put_digits(p + 5, static_cast<unsigned>(ymd.month()), 2);
  p[7] = '-';
  put_digits(p + 8, static_cast<unsigned>(ymd.day()), 2);
  p[10] = 'T';
  put_digits(p + 11, static_cast<unsigned>(clock.hours().count()), 2);
  p[13] = ':';
  put_digits(p + 14, static_cast<unsigned>(clock.minutes().count()), 2);
  p[16] = ':';
  put_digits(p + 17, static_cast<unsigned>(clock.seconds().count()), 2);
  p[19] = '.';
  put_digits(p + 20, static_cast<unsigned>(clock.subseconds().count()), 6);
  p[26] = 'Z';
  out.append(p, buffer.size());
}

std::string to_string(Time time) {
  std::string out;
  append_time(out, time);
  return out;
}

std::optional<Duration> parse_duration(std::string_view text) {
  Scanner in(text);
  if (in.take('P')) return parse_iso_duration(in);
  const auto amount = in.number();
  if (!amount) return std::nullopt;
  if (in.rest() == "ms") return scaled(*amount, std::chrono::milliseconds(1));
  if (in.rest() == "s") return scaled(*amount, seconds(1));
  if (in.rest() == "m") return scaled(*amount, minutes(1));
  if (in.rest() == "h") return scaled(*amount, hours(1));
  if (in.rest() == "d") return scaled(*amount, hours(24));
  return std::nullopt;
}

}  // namespace vmtrail
