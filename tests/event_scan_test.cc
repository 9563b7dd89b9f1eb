// SPDX-License-Identifier: Apache-2.0
// The scanners tell what their judges do, and take nearly all that is sent.

#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "io/byte_source.h"
#include "tests/event_scanned.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  auto source = ByteSource::open(file.string());
  REQUIRE(source);
  for (bool more = true; more;) {
    const auto filled = source->fill();
    REQUIRE(filled);
    more = *filled;
  }
  std::vector<std::string> lines;
  for (std::string_view rest = source->window(); !rest.empty();) {
    const std::size_t size = std::min(rest.find('\n'), rest.size() - 1) + 1;
    lines.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return lines;
}

/// The lines of all files whose names contain that.
std::vector<std::string> recorded(std::string_view name) {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VMTRAIL_FIXTURES)) {
    const bool named = entry.path().string().find(name) != std::string::npos;
    if (!named || !entry.is_regular_file()) continue;
    for (std::string& line : lines_of(entry.path())) all.push_back(std::move(line));
  }
  REQUIRE_FALSE(all.empty());
  return all;
}

std::string compact(std::string text) {
  for (const std::string_view separator : {", ", ": "}) {
    for (std::size_t at = text.find(separator); at != std::string::npos;
         at = text.find(separator, at + 1)) {
      text.erase(at + 1, 1);
    }
  }
  return text;
}

const std::string kEvent =
    R"({"message_id": "m", "event_type": "t", "generated": "2026-11-22T12:33:25.1", "traits": [["host", 1, "h"]], "raw": {}})";
/// As oslo.messaging sends it.
std::string enveloped(std::string_view message) {
  std::string text = R"({"oslo.version": "2.0", "oslo.message": ")";
  for (const char c : message) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"}";
}

std::string notification(const std::string& payload, const std::string& event_type = "compute.x") {
  return R"({"message_id": "m", "publisher_id": "compute.h", "event_type": ")" + event_type +
         R"(", "payload": )" + payload +
         R"(, "timestamp": "2026-11-22 12:33:25.1", "_context_request_id": "req-1", "_context_roles": ["a", "b"]})";
}

std::string versioned(const std::string& data) {
  return notification(R"({"nova_object.name": "P", "nova_object.data": )" + data + "}",
                      "instance.update");
}

std::string event_list(const std::string& events) {
  return R"({"message_id": "l", "event_type": "event", "payload": )" + events +
         R"(, "timestamp": "2026-11-22 12:33:25.1"})";
}

const std::string kLogged = "<Event: m, t, 2026-11-22 12:33:25.000001, <Trait: host 1 h>>";

std::string with_traits(const std::string& traits) {
  return R"({"message_id": "m", "event_type": "t", "generated": "2026-11-22T12:33:25", "traits": [)" +
         traits + R"(], "raw": {}})";
}

}  // namespace

TEST_CASE("the scanners take what is recorded") {
  struct Row {
    const char* name;
    bool ordinary;
  };
  for (const Row& row :
       {Row{"default/http.bodies", true}, Row{"zenoss/http.bodies", true},
        Row{"collector.py3.log", true}, Row{"/collector.py2", true},
        Row{"/ceilometer-collector.log", true}, Row{"/seed.log", true},
        Row{"default/notifier.bodies", true}, Row{"zenoss/notifier.bodies", true},
        Row{"/nova.bodies", true}, Row{"/file.jsonl", false}, Row{"/raw_stored", false},
        Row{"/cases/", false}, Row{"/corpus/", false}}) {
    INFO(row.name);
    BothWays both;
    std::size_t lines = 0;
    std::size_t scanned = 0;
    for (const std::string& line : recorded(row.name)) {
      if (trimmed(line).empty()) continue;
      if (!both.agree(line)) FAIL(line);
      ++lines;
      if (both.scanned()) ++scanned;
    }
    INFO(scanned << " of " << lines);
    CHECK((!row.ordinary || scanned * 100 >= lines * 99));
  }
}

TEST_CASE("the scanners take every shape that they know") {
  BothWays both;
  const std::vector<std::string> texts = {
      kEvent,
      "[" + kEvent + "]",
      "[" + kEvent + ", " + kEvent + ", " + kEvent + "]",
      compact("[" + kEvent + ", " + kEvent + "]"),
      with_traits(""),
      with_traits(R"(["host", 1, ""], ["vcpus", 2, 0], ["mine", 2, -17], ["state", 0, null])"),
      with_traits(R"(["disk_gb", 2, 123456789012345678], ["unread", 1, "> <"])"),
      with_traits(R"(["display_name", 1, "grün 你好"], ["audit_period_beginning", 4, "x"])"),
      with_traits(
          R"(["display_name", 1, "gr\u00fcn \u4f60 \"a\\\/\b\f\n\r\t\u0000"], ["state", 1, "\n"])"),
      with_traits(R"(["host", 1, "a"], ["mine", 1, "\u00E4"], ["display_name", 1, "ä\""])"),
      kEvent.substr(0, kEvent.size() - 1) + R"(, "message_signature": "0a"})",
      R"({"message_id": "m", "event_type": "t", "generated": "2026-11-22T12:33:25", "traits": []})",
      kLogged,
      "[" + kLogged + "]",
      "x events=[" + kLogged + ", " + kLogged + "])",
      std::string("<Event: m, t, 2026-11-22 12:33:25, >"),
      std::string("<Event: m, t, 2026-11-22 12:33:25, <Trait: display_name 1 grün> <Trait: "
                  "mine 1 [u'a, b']> <Trait: state 1 >>"),
  };
  for (const std::string& text : texts) {
    for (int round = 0; round < 2; ++round) {
      INFO(text);
      CHECK(both.agree(text));
      CHECK(both.scanned());
    }
  }
}

TEST_CASE("the scanners take messages of every shape that they know") {
  const std::vector<std::string> messages = {
      notification("{}"),
      notification(R"({"host": "h", "state": "active", "display_name": "a"})"),
      notification(R"({"host": null, "state_description": null, "state": null, "deleted_at": ""})"),
      notification(R"({"display_name": "gr\u00fcn \u4f60 \"a\\\/\b\f\n\r\t\u0000", "host": 12})"),
      notification("{\"display_name\": \"gr\xc3\xbcn\", \"metadata\": {\"\xe4\xbd\xa0\": 1}}"),
      notification(R"({"display_name": true, "tenant_id": -123456789012345678})"),
      notification(
          R"({"unread": [1.5, -0.0, {"a": [], "b": {}, "a": false}, "\u00e4\n"], "host": "h"})"),
      compact(notification(R"({"host": "h", "metadata": {"a": [1, 2], "b": null}})")),
      versioned("{}"),
      versioned(
          R"({"uuid": "u", "task_state": null, "power_state": "running", "request_id": "r"})"),
      versioned(R"({"flavor": {"nova_object.data": {"name": "m1", "x": [1]}, "y": 2}})"),
      versioned(R"({"flavor": null, "audit_period": {}, "state_update": {"old_state": "no"}})"),
      versioned(
          R"({"audit_period": {"nova_object.data": {"audit_period_ending": "2026-11-22T12:00:00Z"}}})"),
      notification(R"({"nova_object.data": {"uuid": "s", "host": "h", "disabled": true}})",
                   "service.update"),
      notification(R"({"nova_object.data": {"uuid": {"not": "read"}}})", "service.create"),
      event_list("[" + kEvent + "]"),
      event_list("[" + with_traits(R"(["host", 1, "h\u00fc"], ["vcpus", 2, 1], ["mine", 1, 1.5])") +
                 "]"),
  };
  for (const std::string& message : messages) {
    for (const std::string& text : {message, enveloped(message)}) {
      BothWays both;
      for (int round = 0; round < 2; ++round) {
        INFO(text);
        CHECK(both.agree(text));
        CHECK(both.scanned());
      }
    }
  }
}

TEST_CASE("the scanners leave to their judges messages that are different") {
  const std::string kTwice = R"({"host": "h", "host": "h"})";
  const std::vector<std::string> messages = {
      notification("[1]"),
      notification("null"),
      notification(kTwice),
      notification(R"({"host": ["h"]})"),
      notification(R"({"host": 1.5})"),
      notification(R"({"host": "\ud83d\ude00"})"),
      notification(R"({"host": "a\qb"})"),
      notification("{\"host\": \"a\tb\"}"),
      notification("{\"host\": \"a\xff\"}"),
      notification("{\"unread\": \"a\xff\"}"),
      notification(R"({"unread": 01})"),
      notification(R"({"unread": 1e3})"),
      notification(R"({"unread": 1234567890123456789})"),
      notification(R"({"unread": [1,]})"),
      notification(R"({"unread": {"a"}})"),
      notification(R"({"unread": nul})"),
      notification(R"({"h\u006fst": "h"})"),
      notification(R"({"host": "h",})"),
      notification(R"({"host": "h", "nova_object.data": {}})"),
      notification(R"({"nova_object.data": {}, "host": "h"})"),
      notification(R"({"nova_object.data": null})"),
      notification("{\"display_name\": \"" + std::string(kMaxText + 1, 'x') + "\"}"),
      notification("{}, \"timestamp\": \"2026-11-22 12:33:25.1\""),
      notification("{}, \"metadata\": {}"),
      notification("{}, \"traits\": []"),
      notification("{}, \"counter_name\": 1"),
      notification("{}, \"context\": {\"request_id\": \"r\"}"),
      versioned(kTwice),
      versioned(R"({"uuid": {}})"),
      versioned(R"({"flavor": {"nova_object.data": null}})"),
      versioned(R"({"flavor": {"nova_object.data": {"name": {}}}})"),
      versioned(R"({"flavor": {"nova_object.data": {"name": 1, "name": 2}}})"),
      event_list("[]"),
      event_list("[" + kEvent + ", " + kEvent + "]"),
      event_list("[" + with_traits(R"(["host", 1, "a"], ["host", 1, "a"])") + "]"),
      event_list("[" + with_traits(R"(["mine", 1, "a"], ["mine", 1, "a"])") + "]"),
      event_list("[" + with_traits(R"(["host", 5, "a"])") + "]"),
      event_list("[" + with_traits(R"(["host", 1, 1.5])") + "]"),
      event_list("[" + with_traits(R"(["mine", 1, [1]])") + "]"),
      event_list("[" + with_traits(R"(["host", 1, "a", 1])") + "]"),
      event_list("[" + with_traits(R"(["host", 1])") + "]"),
      R"({"message_id": "m", "event_type": "compute.instance.update", "timestamp": "2026-11-22 12:33:25.1"})",
  };
  for (const std::string& message : messages) {
    for (const std::string& text : {message, enveloped(message)}) {
      BothWays both;
      CHECK(both.agree(notification(R"({"host": "h"})")));
      CHECK(both.agree(enveloped(notification(R"({"host": "h"})"))));
      for (int round = 0; round < 2; ++round) {
        INFO(text);
        CHECK(both.agree(text));
        CHECK_FALSE(both.scanned());
      }
    }
  }
  const std::string sound = enveloped(notification("{}"));
  for (const std::string& text :
       {sound + "x", sound + sound, sound.substr(0, sound.size() - 1),
        sound.substr(0, sound.size() - 2), R"({"oslo.version": 2, )" + sound.substr(24),
        R"({"oslo.version": "2.0", )" + sound.substr(1),
        sound.substr(0, sound.size() - 1) + ", \"oslo.message\": \"{}\"}",
        R"({"oslo.version": "2.0", "oslo.message": "\u007b)" + sound.substr(42)}) {
    BothWays both;
    CHECK(both.agree(sound));
    for (int round = 0; round < 2; ++round) {
      INFO(text);
      CHECK(both.agree(text));
      CHECK_FALSE(both.scanned());
    }
  }
}

TEST_CASE("the scanners tell what a site's rules name in messages") {
  const TraitNames names{
      .aliases = {{"mine", Field::payload_host}, {"node", Field::publisher_host}},
      .wanted = {"host", "metadata.role", "nova_object.name", "vcpus"}};
  struct Row {
    std::string message;
    bool scanned;
  };
  const std::vector<Row> rows = {
      {notification(R"({"host": "h", "vcpus": 2, "other": 1})"), true},
      {notification(R"({"host": null, "vcpus": null, "mine": null, "node": null})"), true},
      {notification(R"({"mine": "h", "node": "n", "vcpus": "gr\u00fcn"})"), true},
      {notification(R"({"mine": "h", "host": "h"})"), true},
      {notification(R"({"mine": "h", "host": "g"})"), false},
      {notification(R"({"mine": ["h"]})"), false},
      {notification(R"({"vcpus": 1.5})"), false},
      {notification(R"({"vcpus": 1, "vcpus": 2})"), false},
      {notification(R"({"metadata": {"role": "db"}})"), false},
      {notification(R"({"metadata.role": "db"})"), true},
      {versioned(R"({"host": "h", "vcpus": 2, "mine": "h", "node": "n"})"), false},  // the name
      {notification(R"({"nova_object.data": {"host": "h", "vcpus": 2}, "vcpus": 3})", "instance.x"),
       true},
      {notification(R"({"vcpus": 3, "nova_object.data": {"host": "h", "vcpus": 2}})", "instance.x"),
       false},
      {event_list("[" + with_traits(R"(["host", 1, "h"], ["vcpus", 2, 4], ["mine", 1, "g"])") +
                  "]"),
       true},
      {event_list("[" + with_traits(R"(["host", 1, null], ["node", 1, "h"], ["mine", 1, null])") +
                  "]"),
       true},
      {event_list("[" + with_traits(R"(["node", 1, "h"], ["host", 1, "h"])") + "]"), true},
      {event_list("[" + with_traits(R"(["node", 1, "g"], ["host", 1, "h"])") + "]"), false},
      {event_list("[" +
                  with_traits(R"(["service", 1, "c.g"], ["host_name", 1, "g"], ["node", 1, "h"])") +
                  "]"),
       false},
  };
  for (const Row& row : rows) {
    for (const std::string& text : {row.message, enveloped(row.message)}) {
      BothWays both(&names);
      for (int round = 0; round < 2; ++round) {
        INFO(text);
        CHECK(both.agree(text));
        CHECK(both.scanned() == row.scanned);
      }
    }
  }
}

TEST_CASE("a shape takes other values where values have differed, and nothing else") {
  const std::vector<std::string> values = {
      "\"a\"",
      "\"\"",
      "\"b\\u00e4\"",
      "\"b\\\"\\\\\"",
      "\"\xc3\xa4\"",
      "\"\xc3\"",
      "\"a\x01\"",
      "\"\\x\"",
      "\"\\ud800\"",
      "null",
      "true",
      "false",
      "nulll",
      "7",
      "-7",
      "-0",
      "007",
      "1.5",
      "1.",
      "1e5",
      "12345678901234567",
      "1234567890123456789",
      "[]",
      "[1]",
      "[\"a\", 1]",
      "{}",
      "{\"a\": \"b\"}",
      "{\"a\": [{}]}",
      "[",
      "{\"a\"}",
      "",
      "\"a",
      "\"a\", \"host\": \"b\"",
      "\"" + std::string(70, 'x') + "\"",
      "\"" + std::string(40, 'x') + "\\n" + std::string(40, 'y') + "\""};
  const auto traits = [](const std::string& trait, const std::string& value) {
    return event_list("[" + with_traits("[\"" + trait + "\", 1, " + value + "]") + "]");
  };
  const TraitNames names{
      .aliases = {{"host", Field::publisher_host}, {"unread", Field::payload_host}},
      .wanted = {"a.b", "host", "mine", "name", "unread"}};
  std::size_t scanned = 0;
  std::size_t named = 0;
  for (const std::string& first : values) {
    for (const std::string& second : values) {
      BothWays both;
      BothWays with_names(&names);
      for (const std::string& value : {first, second, first}) {
        for (const std::string& message :
             {notification("{\"host\": " + value + "}"),
              notification("{\"unread\": " + value + "}"),
              notification("{\"a\": {\"b\": " + value + "}, \"c\": 1}"),
              versioned("{\"flavor\": " + value + "}"), traits("state", value),
              traits("mine", value)}) {
          for (const std::string& text : {message, enveloped(message)}) {
            INFO(text);
            CHECK(both.agree(text));
            if (both.scanned()) ++scanned;
            CHECK(with_names.agree(text));
            if (with_names.scanned()) ++named;
          }
        }
      }
    }
  }
  CHECK(named > scanned / 2);
  CHECK(scanned > values.size() * values.size() * 12);
}

TEST_CASE("the scanners leave to their judges what is different") {
  BothWays both;
  const std::vector<std::string> texts = {
      R"([{"message_id": "m"])",
      "[" + kEvent + ",]",
      "[" + kEvent + ", {}]",
      "[" + kEvent + "] x",
      kEvent + kEvent,
      with_traits(R"(["host", 1, "a\qb"])"),
      with_traits(R"(["host", 1, "\ud83d\ude00"])"),
      with_traits(R"(["ho\u0073t", 1, "a"])"),
      with_traits("[\"host\", 1, \"a\tb\"]"),
      with_traits("[\"host\", 1, \"\xff\"]"),
      with_traits("[\"unread\", 1, \"\xc3\"]"),
      with_traits(R"(["host", 5, "a"])"),
      with_traits(R"(["host", 1, "a"],)"),
      with_traits(R"(["host", 1, "a"], ["host", 1, "a"])"),
      with_traits(R"(["mine", 1, "a"], ["mine", 1, "a"])"),
      with_traits(R"(["host", 1, "a"], ["host_name", 1, "b"])"),
      with_traits(R"(["vcpus", 2, 01])"),
      with_traits(R"(["vcpus", 2, -0])"),
      with_traits(R"(["vcpus", 2, 1.5])"),
      with_traits(R"(["vcpus", 2, 1e3])"),
      with_traits(R"(["vcpus", 2, true])"),
      with_traits(R"(["vcpus", 2, 1234567890123456789])"),
      with_traits(R"(["display_name", 1, ")" + std::string(kMaxText + 1, 'x') + R"("])"),
      kLogged.substr(0, kLogged.size() - 1),
      kLogged + " >",
      kLogged + ", <Event: m",
      kLogged + ", " + kLogged + "> >",
      std::string("<Event: m, t, yesterday, >"),
      std::string("<Event: m, t, 2026-11-22 12:33:25, <Trait: host 1 a>b>>"),
      std::string("<Event: m, t, 2026-11-22 12:33:25, <Trait: host 1 a<b>>"),
      std::string("<Event: m, t, 2026-11-22 12:33:25, <Trait: host 1 \xff>>"),
      std::string("<Event: m, t, 2026-11-22 12:33:25, <Trait: host 5 a>>"),
      std::string("<Event: m, t, 2026-11-22 12:33:25, <Trait: host 1 a> <Trait: host 1 a>>"),
  };
  for (const std::string& text : texts) {
    for (int round = 0; round < 2; ++round) {
      INFO(text);
      CHECK(both.agree(text));
      CHECK_FALSE(both.scanned());
    }
  }
}

namespace {

/// Does something to a text.
class Mutation {
 public:
  explicit Mutation(unsigned seed) : random_(seed) {}

  std::string of(std::string text) {
    for (std::size_t changes = 1 + below(2); changes != 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % std::max<std::size_t>(limit, 1); }
  void change(std::string& text);

  std::mt19937 random_;
};

void Mutation::change(std::string& text) {
  static constexpr std::array<std::string_view, 44> kPieces = {"\"",
                                                               "\\",
                                                               "\\u00e4",
                                                               "\\\"",
                                                               "\x01",
                                                               "\x80",
                                                               "\xc3\xa4",
                                                               "\xf0\x9f\x98\x80",
                                                               "null",
                                                               "true",
                                                               "-1",
                                                               "-0",
                                                               "007",
                                                               "1.5",
                                                               "99999999",
                                                               "1234567890123456789",
                                                               ", ",
                                                               ",",
                                                               "]",
                                                               "[",
                                                               "{",
                                                               "}",
                                                               "]]",
                                                               " ",
                                                               "<",
                                                               ">",
                                                               ">>",
                                                               "> ",
                                                               "<Event: ",
                                                               "<Trait: ",
                                                               "host",
                                                               "resource_id",
                                                               "], [\"state\", 1, \"",
                                                               "], [\"mine\", 1, \"",
                                                               "> <Trait: state 1 ",
                                                               "> <Trait: mine 1 ",
                                                               "\\\"",
                                                               "\\\\",
                                                               "\\\\\\\"",
                                                               "\\\\u00e4",
                                                               "\\\\ud83d",
                                                               "event_type",
                                                               "\\\"host\\\": \\\"h\\\", ",
                                                               "\\\"host\\\": null, "};
  const std::size_t at = below(text.size());
  switch (below(6)) {
    case 0:
      if (!text.empty()) text[at] = static_cast<char>(random_());
      break;
    case 1:
      text.erase(at, 1 + below(4));
      break;
    case 2:
      text.insert(at, kPieces[below(kPieces.size())]);
      break;
    case 3: {  // a part of it once more: traits, keys, events
      const std::string part = text.substr(at, below(80));
      text.insert(below(text.size()), part);
      break;
    }
    case 4: {  // two parts swapped
      const std::string part = text.substr(at, below(60));
      text.erase(at, part.size());
      text.insert(below(text.size()), part);
      break;
    }
    case 5:
      if (below(8) == 0) text.resize(at);
      break;
  }
}

}  // namespace

TEST_CASE("the scanners agree with their judges, whatever happens to a line") {
  std::vector<std::string> lines;
  for (const char* name : {"/http.bodies", "collector.py3.log", "/ceilometer-collector.log"}) {
    const std::vector<std::string> all = recorded(name);
    for (std::size_t i = 0; i < all.size(); i += 1 + all.size() / 12) lines.push_back(all[i]);
  }
  lines.push_back(compact(lines.front()));
  lines.push_back("[" + kEvent + ", " + kEvent + "]");
  lines.push_back("[" + kLogged + ", " + kLogged + "]");
  lines.push_back(with_traits(R"(["display_name", 1, "grün"], ["mine", 1, "a"], ["vcpus", 2, 1])"));

  const TraitNames names{.aliases = {{"cell_name", Field::payload_host}},
                         .wanted = {"memory_mb", "state"}};
  BothWays plain;
  BothWays narrow(nullptr, Lanes::narrow);
  BothWays with_names(&names);
  Mutation mutation(4);
  std::size_t scanned = 0;
  for (int round = 0; round < 600; ++round) {
    for (const std::string& line : lines) {
      const std::string text = mutation.of(line);
      if (!plain.agree(text)) FAIL(text);
      if (plain.scanned()) ++scanned;
      if (!narrow.agree(text) || narrow.scanned() != plain.scanned()) FAIL(text);
      if (!with_names.agree(text)) FAIL(text);
    }
  }
  CHECK(scanned > 600);  // many changes are within values
}

TEST_CASE("the scanners agree with their judges, whatever happens to a message") {
  std::vector<std::string> lines;
  for (const char* name :
       {"live_migration/nova.bodies", "boot/nova.bodies", "default/notifier.bodies"}) {
    const std::vector<std::string> all = recorded(name);
    for (std::size_t i = 0; i < all.size(); i += 1 + all.size() / 6) lines.push_back(all[i]);
  }
  for (
      const std::string& message :
      {versioned(
           R"({"uuid": "u", "flavor": {"nova_object.data": {"name": "m1"}}, "host": null, "tags": []})"),
       notification(R"({"display_name": "gr\u00fcn", "metadata": {"a": "b\""}, "x": [1.5, {}]})"),
       event_list("[" + with_traits(R"(["host", 1, "h"], ["vcpus", 2, 1], ["mine", 1, "a"])") +
                  "]")}) {
    lines.push_back(message);
    lines.push_back(compact(message));
    lines.push_back(enveloped(message));
  }
  const TraitNames names{.aliases = {{"node", Field::payload_host}},
                         .wanted = {"host", "memory_mb", "metadata.a", "mine", "uuid"}};
  Mutation mutation(5);
  std::size_t scanned = 0;
  for (int round = 0; round < 200; ++round) {
    for (const std::string& line : lines) {
      BothWays plain;
      BothWays narrow(nullptr, Lanes::narrow);
      BothWays with_names(&names);
      // What is as it was lets a shape be learnt, what is not widens it, or is compared with it.
      for (const std::string& text :
           {line, mutation.of(line), mutation.of(line), line, mutation.of(line)}) {
        if (!plain.agree(text)) FAIL(text);
        if (plain.scanned()) ++scanned;
        if (!narrow.agree(text) || narrow.scanned() != plain.scanned()) FAIL(text);
        if (!with_names.agree(text)) FAIL(text);
      }
    }
  }
  CHECK(scanned > 200 * lines.size() * 5 / 2);
}

TEST_CASE("a scanner learns nothing that makes it take more") {
  BothWays both;
  REQUIRE(both.agree(with_traits(R"(["host", 1, "h"], ["vcpus", 2, 1], ["state", 1, "s"])")));
  for (const char* traits :
       {R"(["host", 1, "h"], ["vcpus", 2, "1"], ["state", 1, 7])",
        R"(["vcpus", 2, 1], ["host", 1, "h"], ["state", 1, "s"])", R"(["state", 1, "s"])",
        R"(["host", 1, "h"],["vcpus", 2, 1],["state",1,"s"])", R"(["host", 1, null])"}) {
    INFO(traits);
    CHECK(both.agree(with_traits(traits)));
    CHECK(both.agree(compact(with_traits(traits))));
  }
  for (const std::string value : {"01",
                                  "00",
                                  "-0",
                                  "-1",
                                  "1.5",
                                  "1e3",
                                  "1,",
                                  "1 ",
                                  "1]",
                                  "",
                                  "x",
                                  "12345678",
                                  "123456789012345678901",
                                  "null",
                                  "true",
                                  "[1]",
                                  "\"\"",
                                  "\"a\\\"b\"",
                                  "\"a\x1f\"",
                                  "\"a",
                                  "\"\xff\"",
                                  "\"\xc3\xa4\"",
                                  "\"a\x7f\""}) {
    INFO(value);
    for (const std::string before : {R"(["host", 1, "h"], ["vcpus", 2, )",
                                     R"(["host", 1, "h"], ["vcpus", 2, 1], ["state", 1, )"}) {
      REQUIRE(both.agree(with_traits(R"(["host", 1, "h"], ["vcpus", 2, 1], ["state", 1, "s"])")));
      CHECK(both.agree(with_traits(before + value + "]")));
    }
  }
  const std::string nul(64, '\0');
  CHECK(both.agree(with_traits(nul)));
  CHECK(both.agree("<Event: m, t, 2026-11-22 12:33:25, " + nul));
}
