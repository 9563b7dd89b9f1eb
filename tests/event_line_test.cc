// SPDX-License-Identifier: Apache-2.0
// Lines decoded without a frame are what they are with one, and so are events of a known course.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/event_scanned.h"
#include "tests/event_told.h"
#include "tests/event_wire.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

/// A stream of its exact size, so that a sanitizer sees who reads on.
class Stream {
 public:
  explicit Stream(std::string_view text)
      : size_(text.size()), padded_(std::make_unique<char[]>(text.size() + kPadding)) {
    std::copy(text.begin(), text.end(), padded_.get());
  }
  [[nodiscard]] std::string_view text() const { return {padded_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> padded_;
};

/// Holds a decoder to its word that equal numbers are equal types.
class Numbered : public InputListener {
 public:
  using InputListener::InputListener;

  void on_event(const Event& event) override {
    InputListener::on_event(event);
    if (event.known_type == 0) return;
    ++known;
    const std::string type(event.event_type);
    if (types_.emplace(event.known_type, type).first->second != type) {
      FAIL("two types of one number: " << type);
    }
  }

  std::size_t known = 0;

 private:
  std::map<std::uint32_t, std::string> types_;
};

/// All that is in a stream, and the frames that it was cut into.
struct Read {
  explicit Read(std::string_view text) : listener(text) {}

  Numbered listener;
  std::vector<Frame> frames;
  std::size_t short_ways = 0;
};

Read read(const Stream& stream, Decoder& decoder, bool short_way, std::size_t max_frame) {
  Read all(stream.text());
  Splitter splitter(max_frame);
  std::string_view rest = stream.text();
  for (;;) {
    std::size_t size = 0;
    if (const Event* event = short_way ? decoder.decode_line(rest, size) : nullptr) {
      if (Frame frame; splitter.take_line(rest, size, frame)) {
        all.frames.push_back(frame);
        all.listener.on_event(*event);
        ++all.short_ways;
        rest.remove_prefix(splitter.consumed());
        continue;
      }
    }
    auto frame = splitter.next(rest, true);
    rest.remove_prefix(splitter.consumed());
    if (!frame) {
      if (all.listener.misled) FAIL("an event says that its texts stand in the stream");
      return all;
    }
    frame->padded = true;
    all.frames.push_back(*frame);
    decoder.decode(*frame, all.listener);
  }
}

bool same(const Read& a, const Read& b) {
  return a.listener.told == b.listener.told && a.listener.samples == b.listener.samples &&
         a.listener.skipped_lines == b.listener.skipped_lines &&
         std::equal(a.frames.begin(), a.frames.end(), b.frames.begin(), b.frames.end(),
                    [](const Frame& one, const Frame& other) {
                      return one.bytes.data() == other.bytes.data() &&
                             one.bytes.size() == other.bytes.size() && one.line == other.line &&
                             one.offset == other.offset && one.too_long == other.too_long;
                    });
}

/// Some bytes are others, and at times the end is missing.
void disturb(std::string& text, std::mt19937& random, int round) {
  for (std::size_t i = random() % 4; i != 0; --i) {
    text[random() % text.size()] = static_cast<char>(random());
  }
  if (round % 8 == 0) text.resize(random() % text.size());
}

std::string event(std::string_view type, std::string_view traits,
                  std::string_view generated = "2026-11-22T12:33:25.000001") {
  return R"({"message_id": "22ded3c2-4c5c-4995-8ec0-c4081a676572", "event_type": ")" +
         std::string(type) + R"(", "generated": ")" + std::string(generated) + R"(", "traits": [)" +
         std::string(traits) + R"(], "raw": {}})";
}

}  // namespace

TEST_CASE("a line that needs no frame is told as in one, whatever stands in a stream") {
  std::vector<std::string> lines;
  for (const char* name : {"default/http.bodies", "zenoss/http.bodies"}) {
    for (const std::string& line : recorded(name)) {
      const std::string_view list = trimmed(line);
      lines.emplace_back(list);
      lines.emplace_back(list.substr(1, list.size() - 2));  // most often one event
    }
  }
  for (const char* host : {"a", "bb", "c c", "", "\\n", "grün", "\\", "\xff", "\"", "]]", "{"}) {
    lines.push_back(event("compute.instance.update",
                          R"(["host", 1, ")" + std::string(host) + R"("], ["vcpus", 2, 1])"));
  }
  const std::string usual =
      "<Event: 22ded3c2-4c5c-4995-8ec0-c4081a676572, compute.instance.update, 2026-11-22 "
      "12:33:25.000001, <Trait: host 1 h> <Trait: mine 1 x y>>";
  const std::vector<std::string> logged = recorded("collector.py3.log");
  for (std::size_t i = 0; i < logged.size(); i += 1 + logged.size() / 50) {
    lines.emplace_back(trimmed(logged[i]));
    lines.push_back(lines.back() + ">");
    lines.push_back(lines.back() + " " + usual);
    lines.push_back(" " + usual);
    lines.push_back("\xef\xbb\xbf" + usual);
    lines.push_back("[INFO] " + usual);
    lines.push_back("<x " + usual);
    for (int again = 0; again < 4; ++again) lines.push_back("2026 INFO events=[" + usual + "])");
  }
  for (const char* other : {"", "  ", "[", "{", "]", "}", "text", "{\"a\": 1}", "[{}]"}) {
    lines.emplace_back(other);
  }
  REQUIRE(lines.size() > 30);
  std::mt19937 random(11);
  std::size_t short_ways = 0;
  std::size_t known = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      text += lines[random() % lines.size()];
      text += random() % 40 == 0 ? "\r\n" : "\n";
    }
    disturb(text, random, round);
    INFO(text);
    const Stream stream(text);
    const std::size_t max_frame = round % 5 == 0 ? 700 : Splitter::kMaxFrame;
    Decoder decoder;
    Decoder other;
    const Read all = read(stream, decoder, true, max_frame);
    REQUIRE(same(all, read(stream, other, false, max_frame)));
    short_ways += all.short_ways;
    known += all.listener.known;
  }
  CHECK(short_ways > 400 * 5);
  CHECK(known >= short_ways);
}

TEST_CASE("a message that needs no frame is told as in one, whatever stands in a stream") {
  std::vector<std::string> lines;
  for (const char* name : {"live_migration/nova.bodies", "boot/nova.bodies"}) {
    const std::vector<std::string> all = recorded(name);
    for (std::size_t i = 0; i < all.size(); i += 1 + all.size() / 12) {
      const std::string line(trimmed(all[i]));
      lines.push_back(line);
      lines.push_back(compact(line));
      // A document over several lines, at a place where a blank may be.
      lines.push_back(line);
      lines.back().replace(line.find(", ") + 1, 1, "\n");
      lines.push_back(line + line);
      lines.push_back(line + " ");
      lines.push_back(line.substr(0, line.size() / 2));
    }
  }
  lines.push_back(event("compute.instance.update", R"(["vcpus", 2, 1])"));
  REQUIRE(lines.size() > 30);
  std::mt19937 random(13);
  for (const Format format : {Format::any, Format::oslo, Format::nova}) {
    std::size_t short_ways = 0;
    std::size_t known = 0;
    for (int round = 0; round < 100; ++round) {
      std::string text;
      for (int i = 0; i < 60; ++i) {
        // Some in a row are written alike.
        text += lines[i < 30 ? 6 * (random() % 4) : random() % lines.size()];
        text += random() % 40 == 0 ? "\r\n" : "\n";
      }
      disturb(text, random, round);
      INFO(text);
      const Stream stream(text);
      const std::size_t max_frame = round % 5 == 0 ? 4000 : Splitter::kMaxFrame;
      Decoder decoder(format);
      Decoder other(format);
      const Read all = read(stream, decoder, true, max_frame);
      REQUIRE(same(all, read(stream, other, false, max_frame)));
      short_ways += all.short_ways;
      known += all.listener.known;
    }
    CHECK((format == Format::nova || short_ways > 100 * 5));
    CHECK(known >= short_ways);
  }
}

TEST_CASE("types that share their ending are not taken for one") {
  // In both ways to separate, which begin differently.
  std::string text;
  for (int i = 0; i < 4; ++i) text += event("compute.instance.update", R"(["vcpus", 2, 1])") + "\n";
  for (int i = 0; i < 4; ++i) {
    text +=
        R"({"message_id":"22ded3c2-4c5c-4995-8ec0-c4081a676572","event_type":"COMPUTE.instance.update",)"
        R"("generated":"2026-11-22T12:33:25","traits":[["vcpus",2,1]],"raw":{}})"
        "\n";
  }
  const Stream stream(text);
  for (const bool short_way : {true, false}) {
    Decoder decoder;
    const Read all = read(stream, decoder, short_way, Splitter::kMaxFrame);
    CHECK(all.listener.told.size() == 8);
    CHECK(all.listener.known > 0);
  }
}

TEST_CASE("events of one type may differ in every value, and in their traits") {
  const std::vector<std::string> values = {"\"\"",
                                           "\"a\"",
                                           "\"b c\"",
                                           "\"d!\"",
                                           "\"e\\\\\"",
                                           "\"<f>\"",
                                           "\"\x7f\"",
                                           "\"\x1f\"",
                                           "\"\xc3\xa4\"",
                                           "\"0123456789abcdef0123456789abcdef0123456789\"",
                                           "0",
                                           "7",
                                           "10",
                                           "01",
                                           "123456789",
                                           "-1",
                                           "null",
                                           "true",
                                           "1.5",
                                           "12345678"};
  const std::vector<std::string> heads = {R"(["host", 1, )",    R"(["vcpus", 2, )",
                                          R"(["state", 1, )",   R"(["mine", 1, )",
                                          R"(["service", 1, )", R"(["resource_id", 1, )"};
  const TraitNames names{.aliases = {{"mine", Field::payload_host}}, .wanted = {"state"}};
  std::mt19937 random(12);
  BothWays plain;
  BothWays narrow(nullptr, Lanes::narrow);
  BothWays with_names(&names);
  std::size_t scanned = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string json;
    std::string logged;
    const std::size_t usual = round % 3 == 0 ? values.size() : 3;
    for (const std::string& head : heads) {
      if (random() % 16 == 0) continue;
      const std::string& value = values[random() % usual];
      json += (json.empty() ? "" : ", ") + head + value + "]";
      std::string text = value;
      text.erase(std::remove(text.begin(), text.end(), '"'), text.end());
      logged += (logged.empty() ? "<Trait: " : " <Trait: ") +
                head.substr(2, head.find('"', 2) - 2) + " 1 " + text + ">";
    }
    const char* const generated =
        random() % 4 == 0 ? "2026-11-22T12:33:25" : "2026-11-22T12:33:25.000001";
    const std::string type = random() % 2 == 0 ? "a.type.of.some.length" : "t";
    json = event(type, json, generated);
    logged = "<Event: 22ded3c2-4c5c-4995-8ec0-c4081a676572, " + type + ", " + generated + ", " +
             logged + ">";
    for (const std::string& text : {json, compact(json), "[" + json + ", " + json + "]", logged}) {
      INFO(text);
      REQUIRE(plain.agree(text));
      if (plain.scanned()) ++scanned;
      REQUIRE(narrow.agree(text));
      REQUIRE(narrow.scanned() == plain.scanned());
      REQUIRE(with_names.agree(text));
    }
  }
  CHECK(scanned > 20000);
}

TEST_CASE("an event with very many traits is taken as others are") {
  std::string many;
  for (int i = 0; i < 60000; ++i) {
    many += (i == 0 ? "" : ", ") + (R"(["trait)" + std::to_string(i) + R"(", 1, "a"])");
  }
  BothWays both;
  for (int round = 0; round < 3; ++round) {
    CHECK(both.agree(event("compute.instance.update", many)));
    CHECK(both.scanned());
  }
}
