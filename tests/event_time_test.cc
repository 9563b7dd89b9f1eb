// SPDX-License-Identifier: Apache-2.0
// Times and durations.

#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "vmtrail/time.h"

using namespace vmtrail;
using namespace std::chrono_literals;

TEST_CASE("times are read in every form in which they are sent") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"2017-01-23T06:22:02.761138", "2017-01-23T06:22:02.761138Z"},
      {"2017-01-23 06:22:02.761138", "2017-01-23T06:22:02.761138Z"},
      {"2017-01-23 06:22:02", "2017-01-23T06:22:02.000000Z"},
      {"2017-01-23T06:22:02Z", "2017-01-23T06:22:02.000000Z"},
      {"2012-10-29 13:42:11+00:00", "2012-10-29T13:42:11.000000Z"},
      {"2012-10-29 13:42:11+0000", "2012-10-29T13:42:11.000000Z"},
      {"2012-10-29 13:42:11+00", "2012-10-29T13:42:11.000000Z"},
      {"2012-10-29 13:42:11+05:30", "2012-10-29T08:12:11.000000Z"},
      {"2012-10-29 23:42:11-0130", "2012-10-30T01:12:11.000000Z"},
      {"2017-01-23T06:22:02.7", "2017-01-23T06:22:02.700000Z"},
      {"2017-01-23T06:22:02.76", "2017-01-23T06:22:02.760000Z"},
      {"2017-01-23T06:22:02.761", "2017-01-23T06:22:02.761000Z"},
      {"2017-01-23T06:22:02.7611", "2017-01-23T06:22:02.761100Z"},
      {"2017-01-23T06:22:02.76113", "2017-01-23T06:22:02.761130Z"},
      {"2017-01-23T06:22:02.7611389", "2017-01-23T06:22:02.761138Z"},
      {"2017-01-23T06:22:02.76113899", "2017-01-23T06:22:02.761138Z"},
      {"2017-01-23T06:22:02.761138999Z", "2017-01-23T06:22:02.761138Z"},
      {"2016-02-29T00:00:00", "2016-02-29T00:00:00.000000Z"},
      {"2000-02-29T00:00:00", "2000-02-29T00:00:00.000000Z"},
      {"1970-01-01T00:00:00", "1970-01-01T00:00:00.000000Z"},
      {"9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto time = parse_time(row.text);
    REQUIRE(time);
    CHECK(to_string(*time) == row.expected);
  }
}

TEST_CASE("what is no time is refused") {
  for (const char* text : {"",
                           "2017",
                           "2017-01-23",
                           "2017-01-23T06:22",
                           "2017-1-23T06:22:02",
                           "2017-01-23t06:22:02",
                           "2017-13-23T06:22:02",
                           "2017-00-23T06:22:02",
                           "2017-01-32T06:22:02",
                           "2017-01-00T06:22:02",
                           "2017-02-29T06:22:02",
                           "1900-02-29T06:22:02",
                           "2017-01-23T24:00:00",
                           "2017-01-23T06:60:02",
                           "2017-01-23T06:22:60",
                           "2017-01-23T06:22:02.",
                           "2017-01-23T06:22:02.1234567890",
                           "2017-01-23T06:22:02z",
                           "2017-01-23T06:22:02Zx",
                           "2017-01-23T06:22:02+1",
                           "2017-01-23T06:22:02+24",
                           "2017-01-23T06:22:02+00:60",
                           "2017-01-23T06:22:02+00:00x",
                           "2017-01-23T06:22:02 UTC",
                           "1969-12-31T23:59:59",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           " 2017-01-23T06:22:02",
                           "2017-01-23T06:22:02 ",
                           "None",
                           "-017-01-23T06:22:02"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
    Time untouched = Time::min();
    CHECK_FALSE(read_time(text, untouched));
    CHECK(untouched == Time::min());
  }
  CHECK_FALSE(parse_time(std::string_view("2017-01-23T06:22:02\0", 20)));
}

TEST_CASE("a day by itself is its beginning, for people alone") {
  CHECK(parse_time_or_day("2017-01-23") == parse_time("2017-01-23T00:00:00Z"));
  CHECK(parse_time_or_day("2017-01-23 06:22:02") == parse_time("2017-01-23T06:22:02Z"));
  for (const char* text : {"", "2017-01", "2017-02-30", "23", "2017-01-23T", "2017-01-23 "}) {
    CHECK_FALSE(parse_time_or_day(text));
  }
  CHECK_FALSE(parse_time("2017-01-23"));
}

TEST_CASE("a time is read like any other, whatever was read before") {
  std::mt19937 random(3);
  const auto digits = [&](int count, unsigned below) {
    std::string text = std::to_string(random() % below);
    return std::string(static_cast<std::size_t>(count) - text.size(), '0') + text;
  };
  for (int i = 0; i < 20'000; ++i) {
    // Few minutes, so that they come again, and seconds that there are not.
    std::string text = "2026-11-2" + digits(1, 3) + (random() % 2 == 0 ? "T" : " ") + digits(2, 3) +
                       ":" + digits(2, 3) + ":" + digits(2, 63);
    if (random() % 2 == 0) text += "." + digits(6, 1'000'000);
    INFO(text);
    CHECK(parse_time(text) == parse_time(text + "+0000"));  // a form that nothing is kept of
  }
}

TEST_CASE("the usual form of a time is read like any other") {
  const std::string usual = "2016-02-28T19:59:38.761138";
  for (std::size_t at = 0; at < usual.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = usual;
      text[at] = static_cast<char>(byte);
      // In the fraction these begin an offset.
      if (byte == '+' || byte == '-' || byte == 'Z') continue;
      INFO(text);
      const auto time = parse_time(text);
      CHECK(time == parse_time(text + "+0000"));  // which is not the usual form
      CHECK(time == parse_time(text + "Z"));
      CHECK(time == parse_time(text + "+00:00"));
    }
  }
}

TEST_CASE("every day of the calendar has its number, and no other is a day") {
  using namespace std::chrono;
  const auto two = [](unsigned number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  for (int number : {1969, 1970, 1972, 1999, 2000, 2023, 2024, 2100, 2400, 9999}) {
    for (unsigned month = 0; month <= 13; ++month) {
      for (unsigned day = 0; day <= 32; ++day) {
        const year_month_day date{year(number), std::chrono::month(month), std::chrono::day(day)};
        const std::string text =
            std::to_string(number) + "-" + two(month) + "-" + two(day) + "T12:00:00.000000";
        INFO(text);
        const auto time = parse_time(text);
        REQUIRE(time.has_value() == (date.ok() && number >= 1970));
        if (!time) continue;
        CHECK(*time == sys_days(date) + 12h);
        CHECK(to_string(*time) == text + "Z");
      }
    }
  }
}

TEST_CASE("a time that was written reads back as itself") {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> microseconds(0, 253402300799999999);
  for (int i = 0; i < 2000; ++i) {
    const Time time{Duration(microseconds(random))};
    const std::string text = to_string(time);
    CHECK(text.size() == 27);
    CHECK(parse_time(text) == time);
  }
}

TEST_CASE("a time is written as it reads, whatever was written before it") {
  std::mt19937 random(5);
  CHECK(to_string(Time{}) == "1970-01-01T00:00:00.000000Z");
  std::vector<std::string> texts = {"1970-01-01T00:00:00.000000Z", "2026-11-22T12:59:59.999999Z",
                                    "2026-11-22T13:00:00.000000Z", "9999-12-31T23:59:59.999999Z"};
  for (int i = 0; i < 4000; ++i) {
    // Mostly one of the last few.
    std::string& text = texts[random() % texts.size()];
    if (i % 5 == 0) {
      char room[40];
      std::snprintf(room, sizeof room, "2026-11-22T%02u:%02u:%02u.%06uZ",
                    11 + static_cast<unsigned>(random()) % 2, static_cast<unsigned>(random()) % 60,
                    static_cast<unsigned>(random()) % 60,
                    static_cast<unsigned>(random()) % 1'000'000);
      text = room;
    }
    const auto time = parse_time(text);
    REQUIRE(time.has_value());
    REQUIRE(to_string(*time) == text);
    if (i % 50 == 0) REQUIRE(to_string(Time::max()) == "9999-12-31T23:59:59.999999Z");
  }
}

TEST_CASE("times beyond the calendar of notifications can be written") {
  CHECK(to_string(Time{Duration(-1)}) == "1969-12-31T23:59:59.999999Z");
  CHECK(to_string(Time::max()) == "9999-12-31T23:59:59.999999Z");
  CHECK(to_string(Time::min()) == "0000-01-01T00:00:00.000000Z");
  // Whatever was written before, which each thread knows of its own.
  const Time last = *parse_time("9999-12-31T23:59:59.999999");
  for (const auto beyond : {std::chrono::minutes{5}, std::chrono::minutes{500}}) {
    std::string first;
    std::jthread([&] { first = to_string(last + beyond); }).join();
    CHECK(first == "9999-12-31T23:59:59.999999Z");
  }
}

TEST_CASE("durations are read with a unit or in ISO 8601") {
  struct Row {
    const char* text;
    Duration expected;
  };
  const Row rows[] = {
      {"0s", 0s},          {"90s", 90s},
      {"15m", 15min},      {"2h", 2h},
      {"1d", 24h},         {"250ms", 250ms},
      {"PT15M", 15min},    {"PT1H30M", 90min},
      {"P1D", 24h},        {"P1DT2H3M4S", 26h + 3min + 4s},
      {"PT0S", 0s},        {"PT90S", 90s},
      {"36525d", 876600h},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(parse_duration(row.text) == row.expected);
  }
  for (const char* text : {"",
                           "15",
                           "m",
                           "-1s",
                           "+1s",
                           "1.5h",
                           "1 s",
                           "1w",
                           "36526d",
                           "99999999999999999999s",
                           "9999999999999999ms",
                           "P",
                           "PT",
                           "P1",
                           "P1H",
                           "PT1D",
                           "PT1M1H",
                           "PT1H1H",
                           "P1DT",
                           "P-1D",
                           "PT1.5S",
                           "P1M",
                           "P1Y",
                           "P36525DT1S",
                           "15M",
                           "1S",
                           "pt1s",
                           "1hx",
                           "PT1Sx"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}
