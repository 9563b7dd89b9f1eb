// SPDX-License-Identifier: Apache-2.0
// Recorded input, whole and broken.

#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <tuple>

#include <catch2/catch.hpp>

#include "event_told.h"

using namespace vmtrail;
using namespace vmtrail::test;
using namespace std::string_view_literals;

namespace {

constexpr const char* kFiles[] = {"nova.jsonl",        "http.jsonl",       "notifier.jsonl",
                                  "file.jsonl",        "file.repr.txt",    "collector.py3.log",
                                  "collector.py2.log", "stored_raw.jsonl", "seed.log"};

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(VMTRAIL_FIXTURES) + "/decoder/" + name, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Every frame must tell something; what is blank or an empty list is not told.
void check_frames(std::string_view text) {
  Decoder decoder;
  Splitter splitter(4096);
  while (const auto frame = splitter.next(text, true)) {
    Listener listener;
    decoder.decode(*frame, listener);
    if (listener.calls() == 0 &&
        frame->bytes.find_first_not_of("[] \t") != std::string_view::npos) {
      FAIL("nothing told of: " << frame->bytes);
    }
    text.remove_prefix(splitter.consumed());
  }
}

}  // namespace

TEST_CASE("one recording decodes to the same in every form") {
  using Row = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<std::string, Row> expected;
  for (const char* name : kFiles) {
    if (std::string_view(name) == "seed.log") continue;
    INFO(name);
    const Listener seen = decoded_stream(fixture(name));
    CHECK(seen.told.size() == 8);
    CHECK(seen.skipped_lines == 0);
    for (const Told& one : seen.told) {
      const Row row(one.message_id, one.event_type, one.generated, one[Field::instance_id],
                    one[Field::state]);
      CHECK(expected.try_emplace(one.message_id, row).first->second == row);
      CHECK(one[Field::publisher_host] != "-");
      CHECK(one[Field::request_id].starts_with("req-"));
    }
  }
  CHECK(expected.size() == 8);
}

TEST_CASE("a stored notification tells what the notification itself does") {
  const Listener nova = decoded_stream(fixture("nova.jsonl"));
  const Listener raw = decoded_stream(fixture("stored_raw.jsonl"));
  REQUIRE(nova.told.size() == raw.told.size());
  for (std::size_t i = 0; i < nova.told.size(); ++i) {
    INFO(nova.told[i].event_type);
    for (const Field field : {Field::payload_host, Field::task_state, Field::publisher_host,
                              Field::flavor, Field::display_name}) {
      CHECK(raw.told[i][field] == nova.told[i][field]);
    }
  }
}

TEST_CASE("the collector's log of 2017 is read") {
  const Listener seen = decoded_stream(fixture("seed.log"));
  REQUIRE(seen.told.size() == 3);
  CHECK(seen.told[1][Field::publisher_host] == "ndc27-3222");
  CHECK(seen.told[1][Field::task_state].empty());
  CHECK(seen.told[2][Field::publisher_host] == "ndc27-3205");
  CHECK(seen.told[2][Field::task_state] == "migrating");
}

TEST_CASE("a line cut anywhere tells something and never crashes") {
  for (const char* name : kFiles) {
    const std::string text = fixture(name);
    // The second line: an instance's event in every file.
    const std::size_t begin = text.find('\n') + 1;
    const std::string line = text.substr(begin, text.find('\n', begin) - begin);
    INFO(name);
    for (std::size_t size = 0; size < line.size(); ++size) {
      const std::string cut = line.substr(0, size);
      const Listener seen = decoded(cut);
      if (size == 0 || cut == "[") continue;
      CHECK(seen.calls() >= 1);
      for (const Told& one : seen.told) CHECK_FALSE((one.is_event() && size + 4 < line.size()));
    }
  }
}

TEST_CASE("flipped bytes never crash, and every frame tells something") {
  std::mt19937 random(11);
  for (const char* name : kFiles) {
    const std::string text = fixture(name);
    INFO(name);
    for (int round = 0; round < 150; ++round) {
      std::string flipped = text;
      for (int flips = 0; flips < 40; ++flips) {
        const std::size_t at = random() % flipped.size();
        static constexpr std::string_view kSyntax = "{}[]\"'\\,:<>\n \xff\x00u"sv;
        flipped[at] =
            random() % 2 == 0 ? static_cast<char>(random()) : kSyntax[random() % kSyntax.size()];
      }
      check_frames(flipped);
    }
  }
}

TEST_CASE("a token in a recorded message is blanked wherever the message breaks off") {
  std::string text = fixture("nova.jsonl");
  const std::string key = "\\\"_context_auth_token\\\": ";
  const std::size_t at = text.find(key + "null");
  REQUIRE(at != std::string::npos);
  text.replace(at + key.size(), 4, "\\\"gAAAAAB-secret\\\"");
  text.resize(text.find('\n'));
  CHECK(redact(text).find("secret") == std::string::npos);
  CHECK(redact(text).size() > text.size() - 20);
  for (std::size_t size = at; size < at + 60; ++size) {
    CHECK(redact(text.substr(0, size)).find("gAAA") == std::string::npos);
  }
}
