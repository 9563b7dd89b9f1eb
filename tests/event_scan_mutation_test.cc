// SPDX-License-Identifier: Apache-2.0
// The scanners and their judges agree on what was changed at random.

#include <array>
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
