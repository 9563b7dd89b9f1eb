// SPDX-License-Identifier: Apache-2.0
// The scanner of oslo's messages and Nova's notifications tells what its judges do.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/event_scanned.h"
#include "tests/event_wire.h"

using namespace vmtrail;
using namespace vmtrail::test;

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
