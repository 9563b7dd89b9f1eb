// SPDX-License-Identifier: Apache-2.0
// Reading and writing times and durations.

#include "vmtrail/time.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

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

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

void put_pair(char* out, std::uint64_t value) {
  std::memcpy(out, kPairs.data() + 2 * value, 2);
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

/// What eight characters must be: `0` a digit, `?` anything, any other itself. Little-endian: the
/// first character is the lowest byte.
struct Shape {
  std::uint64_t wanted = 0;
  std::uint64_t excess = 0;  // takes the highest bit of a wrong byte to 1
  std::uint64_t fixed = 0;   // all bits of the bytes that are not free

  constexpr explicit Shape(std::string_view shape) {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t shift = 8 * i;
      wanted |= std::uint64_t{static_cast<unsigned char>(shape[i])} << shift;
      excess |= std::uint64_t{shape[i] == '0' ? 0x80U - 10 : 0x80U - 1} << shift;
      if (shape[i] != '?') fixed |= std::uint64_t{0xff} << shift;
    }
  }
};

class Eight {
 public:
  Eight(const char* text, const Shape& shape) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof word);
    const std::uint64_t digits = (word ^ shape.wanted) & shape.fixed;
    wrong_ = ((digits + shape.excess) | digits) & 0x8080808080808080U;
    pairs_ = digits * 10 + (digits >> 8);
  }
  [[nodiscard]] std::uint64_t wrong() const { return wrong_; }
  /// The number of the two digits from there.
  [[nodiscard]] int pair(unsigned at) const { return static_cast<int>(pairs_ >> (8 * at) & 0xff); }

 private:
  std::uint64_t wrong_;
  std::uint64_t pairs_;
};

struct Clock {
  int hour, minute, second;
};

/// The moment of that date and time of day, if there are such; years 0 to 9999.
inline std::optional<Time> moment(int year, int month, int day, const Clock& clock) {
  static constexpr std::array<std::int8_t, 13> kLengths = {0,  31, 28, 31, 30, 31, 30,
                                                           31, 31, 30, 31, 30, 31};
  static constexpr std::array<std::int16_t, 13> kDaysBefore = {0,   0,   31,  59,  90,  120, 151,
                                                               181, 212, 243, 273, 304, 334};
  if (month < 1 || month > 12 || clock.hour > 23 || clock.minute > 59 || clock.second > 59) {
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(month);
  const auto leap = [&] { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); };
  if (day < 1 || (day > kLengths[index] && !(day == 29 && month == 2 && leap()))) {
    return std::nullopt;
  }
  // Of the leap years so far, the year's own counts from March on.
  const int counted = month > 2 ? year : year - 1;
  const int centuries = counted / 100;
  const int leap_days = counted / 4 - centuries + centuries / 4;
  constexpr int kEpoch = 1970 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400;
  const std::int64_t days = year * 365 + leap_days + kDaysBefore[index] + day - 1 - kEpoch;
  return Time(hours(days * 24 + clock.hour) + minutes(clock.minute) + seconds(clock.second));
}

/// Only what parse_time() takes.
std::optional<Time> within_range(std::optional<Time> time) {
  if (!time || *time < Time{} || *time >= kEnd) return std::nullopt;
  return time;
}

constexpr std::size_t kWithoutFraction = 19;  // YYYY-MM-DDTHH:MM:SS

/// Is it that, or with `.ffffff`, by its length and end, as nearly every time is?
bool has_usual_length(std::string_view text) {
  return text.size() == 26 || text.size() == kWithoutFraction ||
         (text.size() == 27 && text[26] == 'Z') || (text.size() == 32 && text.ends_with("+00:00"));
}

/// The minute that was read last: nearly every time is of the same as the one before.
class ReadMinute {
 public:
  ReadMinute() = default;
  ReadMinute(std::string_view text, Time time) : time_(time) {
    std::memcpy(text_.data(), text.data(), text_.size());
  }
  [[nodiscard]] bool is_of(std::string_view text) const {
    return std::memcmp(text_.data(), text.data(), text_.size()) == 0;
  }
  [[nodiscard]] Time time() const { return time_; }

 private:
  // YYYY-MM-DDTHH:MM; that of the beginning of time, to begin with.
  std::array<char, 16> text_{'1', '9', '7', '0', '-', '0', '1', '-',
                             '0', '1', 'T', '0', '0', ':', '0', '0'};
  Time time_{};
};

/// The hour that was written last.
class WrittenHour {
 public:
  constexpr WrittenHour() = default;
  [[gnu::cold, gnu::noinline]] explicit WrittenHour(Time time) : begin_(date::floor<hours>(time)) {
    const auto day = date::floor<date::days>(time);
    const date::year_month_day ymd(day);
    const auto year = static_cast<unsigned>(static_cast<int>(ymd.year()));
    put_pair(text_.data(), year / 100);
    put_pair(text_.data() + 2, year % 100);
    put_pair(text_.data() + 5, static_cast<unsigned>(ymd.month()));
    put_pair(text_.data() + 8, static_cast<unsigned>(ymd.day()));
    put_pair(text_.data() + 11, static_cast<std::uint64_t>((begin_ - day) / hours(1)));
  }
  [[nodiscard]] bool has(Time time) const { return time >= begin_ && time < begin_ + hours(1); }
  /// A time that it has, to two places: to copy what was just written in pairs would have to wait
  /// for them (a failed store forwarding).
  void write(char* to, char* and_to, Time time) const {
    const auto micros = static_cast<std::uint64_t>((time - begin_).count());
    const auto second = static_cast<std::uint32_t>(micros / 1000000);
    const auto fraction = static_cast<std::uint32_t>(micros % 1000000);
    const std::array<std::uint32_t, 5> pairs = {second / 60, second % 60, fraction / 10000,
                                                fraction / 100 % 100, fraction % 100};
    const auto put = [&](char* place) {
      std::memcpy(place, text_.data(), kTimeSize);
      put_pair(place + 14, pairs[0]);
      put_pair(place + 17, pairs[1]);
      put_pair(place + 20, pairs[2]);
      put_pair(place + 22, pairs[3]);
      put_pair(place + 24, pairs[4]);
    };
    put(to);
    put(and_to);
  }

 private:
  Time begin_ = kEnd;  // none yet
  std::array<char, kTimeSize + 1> text_ = std::to_array("0000-00-00T00:00:00.000000Z");
};

/// The nearest whose year has four digits.
Time with_four_digits(Time time) {
  constexpr Time kFirst = date::sys_days(date::year(0) / 1 / 1);
  return std::clamp(time, kFirst, kEnd - microseconds(1));
}

/// Times as they were written: nearly every one is of the same hour as the one before, and most are
/// one of the two before, as the beginning and the end of what a record tells stand in it again.
class WrittenTimes {
 public:
  void write(char* to, Time time) {
    for (const Written& one : recent_) {
      if (one.time == time) return copy(to, one.text.data());
    }
    time = with_four_digits(time);
    if (!hour_.has(time)) hour_ = WrittenHour(time);
    Written& oldest = recent_[oldest_];
    oldest_ = 1 - oldest_;
    oldest.time = time;
    hour_.write(to, oldest.text.data(), time);
  }

 private:
  struct Written {
    Time time{};
    std::array<char, kTimeSize + 1> text = std::to_array("1970-01-01T00:00:00.000000Z");
  };
  static void copy(char* to, const char* text) { std::memcpy(to, text, kTimeSize); }

  WrittenHour hour_;
  std::array<Written, 2> recent_;
  std::size_t oldest_ = 0;
};

/// In any of the forms that parse_time() reads.
std::optional<Time> parse_any(std::string_view text) {
  Scanner in(text);
  const auto year = in.digits(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.digits(2);
  if (!day || (!in.take('T') && !in.take(' '))) return std::nullopt;
  const auto hour = in.digits(2);
  if (!hour || !in.take(':')) return std::nullopt;
  const auto minute = in.digits(2);
  if (!minute || !in.take(':')) return std::nullopt;
  const auto second = in.digits(2);
  if (!second) return std::nullopt;
  microseconds fraction{0};
  if (in.take('.')) {
    const auto parsed = in.fraction();
    if (!parsed) return std::nullopt;
    fraction = *parsed;
  }
  const auto offset = parse_offset(in);
  if (!offset) return std::nullopt;
  const auto time = moment(*year, *month, *day, {*hour, *minute, *second});
  if (!time) return std::nullopt;
  return within_range(*time + fraction - *offset);
}

constexpr Shape kFraction("0.000000");

inline microseconds micros(const Eight& digits) {
  return microseconds((digits.pair(2) * 100 + digits.pair(4)) * 100 + digits.pair(6));
}

/// Of a time that is of another minute than `last`, or written otherwise. Apart, so that the others
/// keep few things in mind.
[[gnu::noinline]] bool read_afresh(std::string_view text, ReadMinute& last, Time& time) {
  const auto take = [&](const std::optional<Time>& parsed) {
    if (parsed) time = *parsed;
    return parsed.has_value();
  };
  if (std::endian::native != std::endian::little || !has_usual_length(text) ||
      (text[10] != 'T' && text[10] != ' ')) {
    return take(parse_any(text));
  }
  static constexpr Shape kDate("0000-00-");
  static constexpr Shape kDay("00?00:00");
  static constexpr Shape kClock("00:00:00");
  const Eight clock(text.data() + 11, kClock);
  std::uint64_t wrong = clock.wrong();
  microseconds fraction{0};
  if (text.size() != kWithoutFraction) {
    const Eight digits(text.data() + 18, kFraction);
    wrong |= digits.wrong();
    fraction = micros(digits);
  }
  const bool again = last.is_of(text);
  if (!again) {
    const Eight date(text.data(), kDate);
    const Eight day(text.data() + 8, kDay);
    wrong |= date.wrong() | day.wrong();
    if (wrong == 0) {
      const auto minute = within_range(moment(date.pair(0) * 100 + date.pair(2), date.pair(5),
                                              day.pair(0), {clock.pair(0), clock.pair(3), 0}));
      if (!minute) return false;
      last = ReadMinute(text, *minute);
    }
  }
  if (wrong != 0) return take(parse_any(text));
  if (clock.pair(6) > 59) return false;
  time = last.time() + seconds(clock.pair(6)) + fraction;
  return true;
}

}  // namespace

bool read_time(std::string_view text, Time& time) {
  // Times with a fraction say when, those without mostly what hour an audit is of: two minutes.
  thread_local std::array<ReadMinute, 2> lasts;
  ReadMinute& last = lasts[text.size() == kWithoutFraction ? 1 : 0];
  constexpr std::size_t kUsual = 26;
  if (std::endian::native == std::endian::little && text.size() == kUsual && last.is_of(text)) {
    static constexpr Shape kSeconds(":00.0000");
    const Eight clock(text.data() + 16, kSeconds);
    const Eight digits(text.data() + 18, kFraction);
    if ((clock.wrong() | digits.wrong()) == 0 && clock.pair(1) < 60) {
      time = last.time() + seconds(clock.pair(1)) + micros(digits);
      return true;
    }
  }
  return read_afresh(text, last, time);
}

std::optional<Time> parse_time(std::string_view text) {
  Time time;
  if (!read_time(text, time)) return std::nullopt;
  return time;
}

std::optional<Time> parse_time_or_day(std::string_view text) {
  if (const auto time = parse_time(text)) return time;
  return parse_time(std::string(text) + "T00:00:00");
}

void write_time(char* to, Time time) {
  constinit thread_local WrittenTimes times;
  times.write(to, time);
}

void append_time(std::string& out, Time time) {
  std::array<char, kTimeSize> buffer;
  write_time(buffer.data(), time);
  out.append(buffer.data(), buffer.size());
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
