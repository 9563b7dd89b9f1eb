// SPDX-License-Identifier: Apache-2.0
// The scanners tell what their judges do, and take nearly all that is sent.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/event_scanned.h"
#include "tests/event_wire.h"

using namespace vmtrail;
using namespace vmtrail::test;

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

TEST_CASE("a list is told in order, whole or not at all, however long it is") {
  const TraitNames names{.aliases = {}, .wanted = {"mine"}};
  BothWays both;
  BothWays with_names(&names);
  for (const std::size_t size : {2U, 127U, 128U, 129U, 300U}) {
    // One of them with a text that has to be unescaped, and with a trait that a site reads.
    for (const std::size_t odd : {std::size_t{0}, size / 2, size - 1, size}) {
      std::string text = "[";
      for (std::size_t i = 0; i < size; ++i) {
        if (i != 0) text += ", ";
        text +=
            R"({"message_id": "m)" + std::to_string(i) +
            R"(", "event_type": "t", "generated": "2026-11-22T12:33:25", "traits": [["host", 1, "h)" +
            std::to_string(i) + (i == odd ? R"("], ["mine", 1, "\"a"]]})" : R"("]]})");
      }
      INFO(size << " " << odd);
      CHECK((both.agree(text + "]") && both.scanned()));
      CHECK((with_names.agree(text + "]") && with_names.scanned()));
      CHECK((both.agree(text) && !both.scanned()));
      CHECK((both.agree(text + ", 1]") && !both.scanned()));
    }
  }
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
