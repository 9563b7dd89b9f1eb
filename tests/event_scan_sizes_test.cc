// SPDX-License-Identifier: Apache-2.0
// Messages of one shape, whose values are as long as those before, or not.

#include <array>
#include <functional>
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

 private:
  static constexpr std::size_t kUsual = 36;

  std::size_t below(std::size_t limit) { return random_() % limit; }

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

/// Whether the texts of the last event stand in the frame, or are constant.
class InInput : public EventConsumer {
 public:
  explicit InInput(std::string_view frame) : frame_(frame) {}

  void on_event(const Event& event) override {
    told = event.in_input;
    stands = stands_in_frame(event.message_id) && stands_in_frame(event.event_type);
    for (const std::string_view field : event.fields) {
      stands = *stands && (field.empty() || stands_in_frame(field));
    }
  }
  void on_undecodable(const Undecodable&) override {}
  void on_sample() override {}
  void on_skipped_line() override {}

  std::optional<bool> told;
  std::optional<bool> stands;

 private:
  [[nodiscard]] bool stands_in_frame(std::string_view text) const {
    const std::less_equal<const char*> ordered;
    return ordered(frame_.data(), text.data()) &&
           ordered(text.data() + text.size(), frame_.data() + frame_.size());
  }

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
