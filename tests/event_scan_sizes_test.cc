// SPDX-License-Identifier: Apache-2.0
// Messages of one shape, whose values are as long as those before, or not.

#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/event_scanned.h"
#include "tests/event_wire.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

/// Makes up values, and messages of them.
class Values {
 public:
  explicit Values(unsigned seed) : random_(seed) {}

  /// `strange`: one in so many values is anything but a string that is as long as most.
  std::string message(std::size_t strange) {
    strange_ = strange;
    return notification(
        "{\"host\": " + value() + ", \"unread\": " + value() + ", \"instance_id\": " + value() +
        ", \"list\": [" + value() + ", {\"a\": " + value() + "}], \"state\": " + value() +
        ", \"display_name\": " + value() + ", \"memory_mb\": " + value() + ", \"x\": \"" +
        std::string(200, 'x') + "\", \"deleted_at\": " + value() + "}");
  }

  /// One of Ceilometer's.
  std::string event(std::size_t strange) {
    strange_ = strange;
    std::string event = R"({"message_id": "22ded3c2-4c5c-4995-8ec0-c4081a676572", )"
                        R"("event_type": "compute.instance.update", )"
                        R"("generated": "2026-11-22T12:33:25.000001", "traits": [)";
    for (const std::string_view name : {"host", "instance_id", "display_name", "state"}) {
      if (event.back() == ']') event += ", ";
      event += "[\"" + std::string(name) + "\", 1, " + text_value() + ']';
    }
    return event + R"(], "raw": {}})";
  }

 private:
  static constexpr std::size_t kUsual = 36;

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string text_value() {
    std::string text = value();
    return text.front() == '"' ? text : '"' + text + '"';
  }

  std::string value() {
    static constexpr std::array<std::string_view, 16> kStrange = {"null",
                                                                  "true",
                                                                  "0",
                                                                  "12",
                                                                  "1234567890",
                                                                  "-7",
                                                                  "\"\"",
                                                                  "\"L\"",
                                                                  "\"a, b\"",
                                                                  "\"<a>\"",
                                                                  "\"gr\\u00fcn\"",
                                                                  "\"a\\\"b\"",
                                                                  "\"gr\xc3\xbcn\"",
                                                                  "\"a\\\\\"",
                                                                  "\"\\n\\u4f60\"",
                                                                  "123456"};
    if (below(strange_) != 0) return '"' + text(kUsual) + '"';
    if (below(2) == 0) return '"' + text(below(100)) + '"';
    return std::string(kStrange[below(kStrange.size())]);
  }

  std::string text(std::size_t size) {
    static constexpr std::string_view kDigits = "0123456789abcdef-";
    std::string text(size, '\0');
    for (char& c : text) c = kDigits[below(kDigits.size())];
    return text;
  }

  std::mt19937 random_;
  std::size_t strange_ = 1;
};

/// Whether the texts of the events stand in the frame.
class InInput : public EventConsumer {
 public:
  explicit InInput(std::string_view frame) : frame_(frame) {}

  void on_event(const Event& event) override {
    told = told.value_or(true) && event.in_input;
    const bool all = stands_in(event, frame_);
    stands = stands.value_or(true) && all;
    if (event.in_input && !all) wrong = true;
  }
  void on_undecodable(const Undecodable&) override {}
  void on_sample() override {}
  void on_skipped_line() override {}

  std::optional<bool> told;    // of all
  std::optional<bool> stands;  // likewise
  bool wrong = false;          // an event was told to stand in the frame that does not

 private:
  std::string_view frame_;
};

}  // namespace

TEST_CASE("the scanners agree with their judges, however long the values of a message are") {
  Values values(7);
  for (const std::size_t strange : std::array<std::size_t, 4>{1, 3, 30, 1000}) {
    for (int round = 0; round < 10; ++round) {
      BothWays both;
      BothWays narrow(nullptr, Lanes::narrow);
      for (int i = 0; i < 60; ++i) {
        const std::string message = values.message(strange);
        for (const std::string& text : {message, enveloped(message)}) {
          INFO(text);
          CHECK(both.agree(text));
          CHECK(both.scanned());
          CHECK(narrow.agree(text));
          CHECK(narrow.scanned());
        }
      }
    }
  }
}

TEST_CASE("the events of messages without escapes are told as standing in the input") {
  Values values(8);
  Decoder decoder;
  std::size_t standing = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string message = values.message(20);
    for (const std::string& text : {message, enveloped(message)}) {
      INFO(text);
      std::string padded = text + std::string(kPadding, 'x');
      const std::string_view bytes = std::string_view(padded).substr(0, text.size());
      InInput consumer(bytes);
      decoder.decode(Frame{.bytes = bytes, .padded = true}, consumer);
      REQUIRE(consumer.told);
      CHECK(consumer.told == consumer.stands);
      if (*consumer.told) ++standing;

      InInput of_copy(bytes);
      decoder.decode(Frame{.bytes = bytes}, of_copy);
      CHECK(of_copy.told == false);
    }
  }
  CHECK(standing > 600);
}

TEST_CASE("an event of Ceilometer's is told as standing in the input only where it does") {
  Values values(9);
  Decoder decoder;
  std::size_t standing = 0;
  std::size_t escaped = 0;
  for (int i = 0; i < 2'000; ++i) {
    // The same forms again and again, so that they are learnt.
    const std::string alone = values.event(i % 2 == 0 ? 4 : 1'000);
    std::string list = "[" + alone;
    for (int more = 0; more < 3; ++more) list += ", " + values.event(10);
    list += ']';
    for (const std::string& text : {alone, list}) {
      INFO(text);
      const std::string padded = text + std::string(kPadding, 'x');
      const std::string_view bytes = std::string_view(padded).substr(0, text.size());
      InInput consumer(bytes);
      decoder.decode(Frame{.bytes = bytes, .padded = true}, consumer);
      REQUIRE(consumer.told);
      CHECK(!consumer.wrong);
      if (text.find('\\') == std::string::npos) {
        CHECK(*consumer.told);
        ++standing;
      } else {
        ++escaped;
      }
    }
  }
  CHECK(standing > 500);
  CHECK(escaped > 500);
}
