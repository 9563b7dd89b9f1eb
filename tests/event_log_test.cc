// SPDX-License-Identifier: Apache-2.0
// Events in log lines.

#include <string>

#include <catch2/catch.hpp>

#include "event_told.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

constexpr std::string_view kId = "3538a01c-ab8d-4e64-b0ff-6e8fe270e06a";

std::string event_with(const std::string& traits,
                       const std::string& type = "compute.instance.update") {
  return "<Event: " + std::string(kId) + ", " + type + ", 2017-01-23 06:22:02.584049, " + traits +
         ">";
}

}  // namespace

TEST_CASE("a logged event is read with its traits") {
  const auto seen = decoded(
      "2017-01-23 14:22:02.593 25667 INFO x [-] record_events called (events=[<Event: "
      "3538a01c-ab8d-4e64-b0ff-6e8fe270e06a, compute.instance.live_migration.post.dest.start, "
      "2017-01-23 "
      "06:22:02.584049, <Trait: state_description 1 > <Trait: fixed_ips 1 [{u'version': 4, "
      "u'label': u'a > b'}]> <Trait: "
      "service 1 compute> <Trait: state 1 active> <Trait: flavor_name 1 m1.tiny> <Trait: "
      "display_name 1 pdc, test> "
      "<Trait: tenant_id 1 10296907e44248d2a707689f77d59ef6> <Trait: project_id 1 other> <Trait: "
      "instance_id 1 "
      "87be4b45-e214-4ca3-8f5c-1bd31159f9e4> <Trait: host_name 1 ndc27-3222.x> <Trait: request_id "
      "1 "
      "req-d4c27d06-6329-4ce0-adb5-370b8ca83a22>>])");
  REQUIRE(seen.told.size() == 1);
  const Told& event = seen.told[0];
  CHECK(event.message_id == kId);
  CHECK(event.event_type == "compute.instance.live_migration.post.dest.start");
  CHECK(event.generated == "2017-01-23T06:22:02.584049Z");
  CHECK(event[Field::task_state].empty());
  CHECK(event[Field::publisher_service] == "compute");
  CHECK(event[Field::publisher_host] == "ndc27-3222.x");
  CHECK(event[Field::flavor] == "m1.tiny");
  CHECK(event[Field::display_name] == "pdc, test");
  CHECK(event[Field::project_id] == "10296907e44248d2a707689f77d59ef6");
  CHECK(event[Field::instance_id] == "87be4b45-e214-4ca3-8f5c-1bd31159f9e4");
  CHECK(event[Field::request_id] == "req-d4c27d06-6329-4ce0-adb5-370b8ca83a22");
  CHECK(event[Field::payload_host] == "-");
  CHECK(event[Field::old_state] == "-");
}

TEST_CASE("an event without traits is one") {
  const auto seen = decoded("x " + event_with(""));
  REQUIRE(seen.told.size() == 1);
  CHECK(seen.told[0].is_event());
}

TEST_CASE("a line may hold several events") {
  const auto seen = decoded("[" + event_with("<Trait: state 1 a>") + ", " + event_with("") + ", " +
                            event_with("<Trait: state 1 c>") + "]");
  REQUIRE(seen.told.size() == 3);
  CHECK(seen.told[0][Field::state] == "a");
  CHECK(seen.told[1][Field::state] == "-");
  CHECK(seen.told[2][Field::state] == "c");
}

TEST_CASE("names that look like syntax are names, or make the event ambiguous") {
  struct Row {
    const char* name;
    const char* display_name;  // as it is told; null: quarantined
    ErrorCode reason;
  };
  const Row rows[] = {
      {"a > b", "a > b", {}},
      {"a>", "a>", {}},
      {">>", ">>", {}},
      {"<Trait: x", "<Trait: x", {}},
      {"> <Trait: ", "> <Trait: ", {}},
      {"x> <Trait: host_name 9 evil", "x> <Trait: host_name 9 evil", {}},
      {"x> <Trait: host name 1 evil", "x> <Trait: host name 1 evil", {}},
      {"<Event: a, b", "<Event: a, b", {}},
      {"<Event: a, b, never, <Trait: c 1 d", "<Event: a, b, never, <Trait: c 1 d", {}},
      {"x> <Trait: host_name 1 evil", nullptr, ErrorCode::repeated_trait},
      {"x> <Trait: host 1 evil", nullptr, ErrorCode::conflicting_traits},
      {"x> <Trait: display_name 1 evil", nullptr, ErrorCode::repeated_trait},
      {"x> <Trait: strange 1 a> <Trait: strange 1 b", nullptr, ErrorCode::repeated_trait},
      {"x> <Trait: resource_id 1 00000000-0000-4000-8000-000000000000", nullptr,
       ErrorCode::conflicting_traits},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const auto seen =
        decoded(event_with("<Trait: host_name 1 real> <Trait: instance_id 1 "
                           "87be4b45-e214-4ca3-8f5c-1bd31159f9e4> <Trait: display_name 1 " +
                           std::string(row.name) + "> <Trait: state 1 active>"));
    REQUIRE(seen.told.size() == 1);
    CHECK(seen.told[0].is_event() == (row.display_name != nullptr));
    if (row.display_name != nullptr) {
      CHECK(seen.told[0][Field::display_name] == row.display_name);
      CHECK(seen.told[0][Field::publisher_host] == "real");
      CHECK(seen.told[0][Field::state] == "active");
    } else {
      CHECK(seen.told[0].reason == row.reason);
    }
  }
}

TEST_CASE("a whole event within another cuts that short") {
  const auto seen = decoded(event_with("<Trait: state 1 acti" + event_with("<Trait: state 1 b>")));
  REQUIRE(seen.told.size() == 2);
  CHECK(seen.told[0].reason == ErrorCode::unterminated_trait);
  CHECK(seen.told[1].is_event());
}

TEST_CASE("what is wrong with a logged event has a reason") {
  struct Row {
    std::string line;
    ErrorCode reason;
  };
  const Row rows[] = {
      {"<Event: 3538a01c", ErrorCode::incomplete},
      {"<Event: something>", ErrorCode::not_an_event},
      {"<Event: , type, 2017-01-23 06:22:02, >", ErrorCode::missing_message_id},
      {"<Event: id, , 2017-01-23 06:22:02, >", ErrorCode::missing_event_type},
      {"<Event: id, type, , >", ErrorCode::missing_generated},
      {"<Event: id, type, yesterday, >", ErrorCode::bad_time},
      {"<Event: id, type, 2017-01-23 06:22:02, nothing>", ErrorCode::unterminated_trait},
      {event_with("<Trait: state 1 active> <Trait: host_na"), ErrorCode::unterminated_trait},
      {event_with("<Trait: state 1 active"), ErrorCode::unterminated_trait},
      {event_with("<Trait: state 7 active>"), ErrorCode::bad_trait},
      {event_with("<Trait: state>"), ErrorCode::bad_trait},
      {event_with("<Trait: state 1 a\xff>"), ErrorCode::invalid_utf8},
      {event_with("<Trait: display_name 1 " + std::string(kMaxText + 1, 'x') + ">"),
       ErrorCode::value_too_long},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const auto seen = decoded("prefix " + row.line);
    REQUIRE(seen.told.size() == 1);
    CHECK_FALSE(seen.told[0].is_event());
    CHECK(info(seen.told[0].reason).name == info(row.reason).name);
    CHECK(seen.told[0].offset == 7);
    CHECK(seen.told[0].bytes.starts_with("<Event:"));
  }
}

TEST_CASE("many traits and many marks take no longer than they must") {
  std::string line = "<Event: id, type, 2017-01-23 06:22:02, <Trait: state 1 active>";
  for (int i = 0; i < 50000; ++i) line += " <Trait: t" + std::to_string(i) + " 1 x>";
  const auto many = decoded(line + ">");
  REQUIRE(many.told.size() == 1);
  CHECK(many.told[0].is_event());

  std::string marks;
  for (int i = 0; i < 100000; ++i) marks += "<Event: ";
  CHECK(decoded(marks).told.size() == 1);
}

TEST_CASE("a notification behind a log's prefix is read, with the request of the prefix") {
  constexpr std::string_view kBody =
      R"({"message_id": "1", "publisher_id": "compute.b", "event_type": "compute.instance.create.end", )"
      R"("priority": "INFO", "payload": {"instance_id": "87be4b45-e214-4ca3-8f5c-1bd31159f9e4", )"
      R"("host": "b"}, "timestamp": "2026-11-22 12:00:00.000001"})";
  constexpr std::string_view kLocal = "req-d4c27d06-6329-4ce0-adb5-370b8ca83a22";
  const std::string global = "req-11111111-2222-4333-8444-555555555555";
  const std::string driver = "2026-11-22 12:00:00.1 7 INFO oslo.messaging.notification.x ";
  for (const std::string& prefix :
       {driver + "[" + std::string(kLocal) + " u p - - -] ",
        driver + "[None " + std::string(kLocal) + " u p - - default default] ",
        driver + "[" + global + " " + std::string(kLocal) + " u p] ",
        "<134>1 2026-11-22T12:00:00Z h nova - - - [" + std::string(kLocal) + "] "}) {
    for (const Format format : {Format::any, Format::log}) {
      INFO(prefix);
      const auto seen = decoded(prefix + std::string(kBody), format);
      REQUIRE(seen.told.size() == 1);
      CHECK(seen.told[0].is_event());
      CHECK(seen.told[0][Field::request_id] == kLocal);
      CHECK(seen.told[0][Field::payload_host] == "b");
    }
  }
  // Without one in the prefix, or with one of its own.
  CHECK(decoded(driver + "[-] " + std::string(kBody)).told[0][Field::request_id] == "-");
  std::string own(kBody);
  own.insert(1, R"("_context_request_id": "req-own", )");
  CHECK(decoded(driver + "[" + std::string(kLocal) + "] " + own).told[0][Field::request_id] ==
        "req-own");
  CHECK(decoded(driver + "\x1b[01;36m[-] " + std::string(kBody) + "\x1b[00m").told[0].is_event());
  // A tenant chooses the names of instances and of their metadata.
  const std::string forged = "<Event: 9, compute.instance.delete.end, 2026-11-22T12:00:00, x>";
  std::string named(kBody);
  named.insert(named.find(R"("host")"), R"("display_name": ")" + forged +
                                            R"(", "metadata": {"_context_request_id": "x"}, )");
  for (const Format format : {Format::any, Format::log}) {
    const auto seen = decoded(driver + "[" + std::string(kLocal) + "] " + named, format);
    REQUIRE(seen.told.size() == 1);
    REQUIRE(seen.told[0].is_event());
    CHECK(seen.told[0].event_type == "compute.instance.create.end");
    CHECK(seen.told[0][Field::display_name] == forged);
    CHECK(seen.told[0][Field::request_id] == kLocal);
  }
  // Cut by who carried it: not lost.
  const auto cut = decoded(driver + "[-] " + std::string(kBody.substr(0, kBody.size() - 30)));
  REQUIRE(cut.told.size() == 1);
  CHECK_FALSE(cut.told[0].is_event());
  CHECK(cut.told[0].bytes.starts_with(R"({"message_id")"));
  // Other JSON in other lines is none of ours.
  CHECK(decoded("INFO x {\"event\": 1}").told.empty());
  CHECK(decoded("DEBUG x {'event_type': 'x'}").told.empty());
  CHECK(decoded(R"(INFO filter {"event_type": "compute.*"} applied)").told.empty());
}
