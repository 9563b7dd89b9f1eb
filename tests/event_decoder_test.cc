// SPDX-License-Identifier: Apache-2.0
// What a frame is, what it is wrapped in, and every reason for which it is no event.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "event_told.h"

using namespace vmtrail;
using namespace vmtrail::test;
using namespace std::string_view_literals;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string in_string(const std::string& json) {
  return "\"" + replaced(replaced(json, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string event(const std::string& traits, const std::string& id = "e1",
                  const std::string& more = "") {
  return R"({"message_id":")" + id +
         R"(","event_type":"compute.instance.update","generated":"2026-11-22T12:33:25","traits":)" +
         traits + more + "}";
}

const std::string kTriples = R"([["instance_id",1,"i1"],["host",1,"h1"],["memory_mb",2,512]])";
const std::string kDictionaries =
    R"([{"name":"instance_id","dtype":1,"value":"i1"},{"name":"host","dtype":1,"value":"h1"}])";
const std::string kTexts =
    R"([{"name":"instance_id","type":"string","value":"i1"},{"name":"host","type":"string","value":"h1"}])";
const std::string kNotification =
    R"({"message_id":"n1","event_type":"compute.instance.update","publisher_id":"compute.h1","timestamp":"2026-11-22 12:33:25","payload":{"instance_id":"i1"}})";
const std::string kEventList =
    R"({"message_id":"l1","event_type":"event","publisher_id":"telemetry.publisher.t","timestamp":"2026-11-22 12:33:25","payload":[)" +
    event(kTriples) + "," + event(kTexts, "e2") + "]}";
const std::string kLog =
    "x <Event: e1, compute.instance.update, 2026-11-22 12:33:25, <Trait: instance_id 1 i1> <Trait: "
    "host 1 h1>>";
const std::string kPython =
    "{'message_id': 'e1', 'event_type': 'compute.instance.update', 'generated': '2026-11-22 "
    "12:33:25', 'traits': "
    "[{'name': 'instance_id', 'dtype': 1, 'value': 'i1'}, {'name': 'host', 'dtype': 1, 'value': "
    "'h1'}]}";

std::string oslo(const std::string& message) {
  return R"({"oslo.version":"2.0","oslo.message":)" + in_string(message) + "}";
}
std::string zenoss(const std::string& type, const std::string& data) {
  return R"({"device":"d","type":")" + type + R"(","data":)" + data + "}";
}
std::string delivery(const std::string& body) {
  return R"({"exchange":"nova","routing_key":"notifications.info","body":)" + in_string(body) + "}";
}
std::string managed(const std::string& payload) {
  return R"({"payload_bytes":9,"routing_key":"notifications.info","payload_encoding":"string","payload":)" +
         in_string(payload) + "}";
}
std::string request(const std::string& body) {
  return R"({"method":"POST","path":"/v1/events","body":)" + in_string(body) + "}";
}

ErrorCode reason(const std::string& text, Format format = Format::any) {
  const auto seen = decoded(text, format);
  INFO(text.substr(0, 200));
  REQUIRE(seen.told.size() == 1);
  CHECK_FALSE(seen.told[0].is_event());
  return seen.told[0].reason;
}

}  // namespace

TEST_CASE("every shape of a message is recognised, and by its own format alone") {
  struct Row {
    const char* name;
    std::string text;
    std::size_t events;
    std::vector<Format> formats;
  };
  const Row rows[] = {
      {"triples", event(kTriples), 1, {Format::ceilometer}},
      {"dictionaries", event(kDictionaries), 1, {Format::ceilometer, Format::ceilometer_file}},
      {"texts", event(kTexts), 1, {Format::ceilometer, Format::ceilometer_file}},
      {"an object of traits",
       event(R"({"instance_id":"i1","host":"h1"})"),
       1,
       {Format::ceilometer}},
      {"a list",
       "[" + event(kTriples) + "," + event(kTriples, "e2") + "]",
       2,
       {Format::ceilometer}},
      {"a bare notification", kNotification, 1, {Format::nova, Format::oslo}},
      {"a notification in an envelope", oslo(kNotification), 1, {Format::oslo}},
      {"a notifier's list", oslo(kEventList), 2, {Format::oslo}},
      {"a notifier's list, version 1", kEventList, 2, {Format::oslo}},
      {"zenoss", zenoss("event", event(kTriples)), 1, {Format::zenoss}},
      {"python", kPython, 1, {Format::ceilometer_file}},
      {"a log line", kLog, 1, {Format::log}},
      {"a delivery of a notification", delivery(oslo(kNotification)), 1, {Format::oslo}},
      {"a delivery as RabbitMQ's management has it",
       managed(oslo(kNotification)),
       1,
       {Format::oslo}},
      {"a delivery of a list", delivery(oslo(kEventList)), 2, {Format::oslo}},
      {"a request with events",
       request("[" + event(kTriples) + "," + event(kTriples, "e2") + "]"),
       2,
       {Format::ceilometer}},
      {"a delivery from zenoss", delivery(zenoss("event", event(kTriples))), 1, {Format::zenoss}},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const auto seen = decoded(row.text);
    CHECK(seen.told.size() == row.events);
    for (const Told& one : seen.told) {
      CHECK(one.is_event());
      CHECK(one[Field::instance_id] == "i1");
      CHECK(one[Field::publisher_host] == "h1");
      CHECK(one.generated == "2026-11-22T12:33:25.000000Z");
    }
    for (const Format format : {Format::log, Format::ceilometer, Format::oslo, Format::nova,
                                Format::ceilometer_file, Format::zenoss}) {
      INFO("format " << static_cast<int>(format));
      const bool wanted =
          std::find(row.formats.begin(), row.formats.end(), format) != row.formats.end();
      const auto forced = decoded(row.text, format);
      CHECK(forced.calls() >= 1);
      for (const Told& one : forced.told) {
        CHECK(one.is_event() == wanted);
        if (!wanted) CHECK(one.reason == ErrorCode::wrong_format);
      }
      if (format == Format::log && !wanted) CHECK(forced.skipped_lines == 1);
    }
  }
}

TEST_CASE("formats have names") {
  CHECK(parse_format("ceilometer-file") == Format::ceilometer_file);
  CHECK(parse_format("log") == Format::log);
  CHECK(parse_format("zenoss") == Format::zenoss);
  CHECK_FALSE(parse_format("ceilometer_file"));
  CHECK_FALSE(parse_format(""));
}

TEST_CASE("the order of keys does not matter") {
  const auto seen = decoded(
      R"({"raw":{},"traits":[],"generated":"2026-11-22T12:33:25","event_type":"t","message_id":"m"})");
  REQUIRE(seen.told.size() == 1);
  CHECK(seen.told[0].is_event());
}

TEST_CASE("what is not an event has a reason") {
  const std::string deep = std::string(2000, '[') + std::string(2000, ']');
  struct Row {
    std::string text;
    ErrorCode reason;
  };
  const Row rows[] = {
      {"{nonsense}", ErrorCode::invalid_json},
      {R"({"a": 1)", ErrorCode::incomplete},
      {R"({"a": "x)", ErrorCode::incomplete},
      {"{'a': <b>}", ErrorCode::invalid_python},
      {"{'a': 'b", ErrorCode::incomplete},
      {"{\"a\": \"\xff\"}", ErrorCode::invalid_utf8},
      {"{'a': '\xff'}", ErrorCode::invalid_utf8},
      {R"({"a": 123456789012345678901234567890})", ErrorCode::number_out_of_range},
      {"{'a': 123456789012345678901234567890L}", ErrorCode::number_out_of_range},
      {R"({"a": 1e999})", ErrorCode::number_out_of_range},
      {"{\"a\": " + deep + "}", ErrorCode::nested_too_deep},
      {"{'a': " + deep + "}", ErrorCode::nested_too_deep},
      {"{}", ErrorCode::not_an_event},
      {R"({"timestamp":1,"hostname":"h","processname":"p","processid":2})",
       ErrorCode::not_an_event},
      {zenoss("other", "{}"), ErrorCode::not_an_event},
      {zenoss("event", "12"), ErrorCode::not_an_event},
      {delivery(delivery(event(kTriples))), ErrorCode::not_an_event},
      {oslo(oslo(kNotification)), ErrorCode::not_an_event},
      {oslo("{"), ErrorCode::invalid_json},
      {oslo(""), ErrorCode::incomplete},
      {R"({"oslo.version":"2.0","oslo.message":7})", ErrorCode::wrong_type},
      {replaced(event("[]"), "\"e1\"", "17"), ErrorCode::wrong_type},
      {replaced(event("[]"), "\"2026-11-22T12:33:25\"", "17"), ErrorCode::wrong_type},
      {event("17"), ErrorCode::wrong_type},
      {replaced(kNotification, "\"i1\"", "{}"), ErrorCode::wrong_type},
      {event("[]", "e1", R"(,"message_id":"e1")"), ErrorCode::repeated_key},
      {replaced(kNotification, R"("instance_id":"i1")", R"("host":"a","host":"b")"),
       ErrorCode::repeated_key},
      {replaced(oslo(kNotification), "\"oslo.version\"", R"("oslo.message":"","oslo.version")"),
       ErrorCode::repeated_key},
      {event(R"([{"name":"state","name":"host","dtype":1,"value":"x"}])"), ErrorCode::repeated_key},
      {event("[]", ""), ErrorCode::missing_message_id},
      {replaced(kNotification, R"("message_id":"n1",)", ""), ErrorCode::missing_message_id},
      {replaced(event("[]"), "compute.instance.update", ""), ErrorCode::missing_event_type},
      {replaced(kNotification, R"("event_type":"compute.instance.update",)", ""),
       ErrorCode::missing_event_type},
      {replaced(event("[]"), "2026-11-22T12:33:25", ""), ErrorCode::missing_generated},
      {replaced(event("[]"), "2026-11-22T", "2026-11-31T"), ErrorCode::bad_time},
      {event(R"([["state",1]])"), ErrorCode::bad_trait},
      {event(R"([["state",1,"a",2]])"), ErrorCode::bad_trait},
      {event(R"([["state",9,"a"]])"), ErrorCode::bad_trait},
      {event(R"([["state","1","a"]])"), ErrorCode::bad_trait},
      {event(R"([[1,1,"a"]])"), ErrorCode::bad_trait},
      {event(R"([["state",1,["a"]]])"), ErrorCode::bad_trait},
      {event(R"([["unread",1,{}]])"), ErrorCode::bad_trait},
      {event(R"([{"name":"state","dtype":1}])"), ErrorCode::bad_trait},
      {event(R"([{"dtype":1,"value":"x"}])"), ErrorCode::bad_trait},
      {event(R"(["state"])"), ErrorCode::bad_trait},
      {"<Event: e1, t", ErrorCode::incomplete},
      {"<Event: e1, t, 2026-11-22 12:33:25, <Trait: state 1 a>", ErrorCode::unterminated_trait},
      {event(R"([["state",1,"a"],["state",1,"a"]])"), ErrorCode::repeated_trait},
      {event(R"([["mine",1,"a"],["other",1,"a"],["mine",1,"b"]])"), ErrorCode::repeated_trait},
      {event(R"({"state":"a","state":"a"})"), ErrorCode::repeated_trait},
      {event(R"([["host",1,"a"],["host_name",1,"b"]])"), ErrorCode::conflicting_traits},
      {event(R"([["flavor_name",1,"a"],["instance_type",1,"b"]])"), ErrorCode::conflicting_traits},
      {event(R"([["instance_id",1,"a"],["resource_id",1,"b"]])"), ErrorCode::conflicting_traits},
      {event(R"([["instance_id",1,"a"]])", "e1", R"(,"raw":{"payload":{"instance_id":"b"}})"),
       ErrorCode::conflicting_traits},
      {event(R"([["display_name",1,")" + std::string(kMaxText + 1, 'x') + "\"]]"),
       ErrorCode::value_too_long},
      {event("[]", std::string(kMaxText + 1, 'x')), ErrorCode::value_too_long},
  };
  for (const Row& row : rows) {
    INFO(row.text.substr(0, 200));
    CHECK(info(reason(row.text)).name == info(row.reason).name);
  }
  CHECK(reason("garbage", Format::nova) == ErrorCode::invalid_json);
  CHECK(reason("garbage", Format::ceilometer_file) == ErrorCode::invalid_python);

  Listener listener;
  Decoder().decode(Frame{.bytes = "xx", .too_long = true}, listener);
  REQUIRE(listener.told.size() == 1);
  CHECK(listener.told[0].reason == ErrorCode::too_long);
}

TEST_CASE("lines without events are skipped, blank ones are nothing") {
  for (const std::string_view line :
       {"plain text"sv, "[INFO] text"sv, "[2017-01-23] {"sv, "\x00\x01"sv, "[12, text"sv, "]"sv}) {
    INFO(line);
    const auto seen = decoded(line);
    CHECK(seen.skipped_lines == 1);
    CHECK(seen.told.empty());
  }
  for (const char* nothing : {"", " \t\r\n", "[]", "[ ]"}) CHECK(decoded(nothing).calls() == 0);
  CHECK(decoded("[INFO] " + kLog).told.at(0).is_event());
  CHECK(decoded("{x} " + kLog).told.at(0).is_event());
}

TEST_CASE("an event in a string of a broken document is not taken for a logged one") {
  const auto seen = decoded(R"({"payload": {"display_name": ")" + kLog + R"(", "host": )");
  REQUIRE(seen.told.size() == 1);
  CHECK(seen.told[0].reason == ErrorCode::incomplete);
}

TEST_CASE("meter samples are no events") {
  CHECK(decoded(zenoss("meter", "{}")).samples == 1);
  CHECK(decoded(R"([{"counter_name":"cpu","counter_volume":1}])").samples == 1);
  CHECK(reason(zenoss("meter", "{}"), Format::nova) == ErrorCode::wrong_format);
}

TEST_CASE("a bad element leaves the others, and is told with its own bytes") {
  const std::string good = event("[]", "a");
  for (const std::string bad :
       {R"({"message_id":7,"traits":[]})", "12", R"({"x": nonsense})", R"({"x": 1e999})"}) {
    INFO(bad);
    const std::string text = "[" + good + ", " + bad + " ," + event("[]", "b") + "]";
    const auto seen = decoded(text);
    REQUIRE(seen.told.size() == 3);
    CHECK(seen.told[0].message_id == "a");
    CHECK_FALSE(seen.told[1].is_event());
    CHECK(seen.told[1].bytes == bad);
    CHECK(seen.told[1].offset == good.size() + 3);
    CHECK(seen.told[2].message_id == "b");
  }
  const auto inner = decoded(oslo(R"({"event_type":"event","payload":[)" + good + R"(,{"x":1}]})"));
  REQUIRE(inner.told.size() == 2);
  CHECK(inner.told[0].is_event());
  CHECK(inner.told[1].bytes == R"({"x":1})");
}

TEST_CASE("documents may share a line") {
  const std::string a = event("[]", "a");
  const std::string b = event("[]", "b");
  for (const std::string& text : {a + b, a + "," + b, a + " , " + b + ","}) {
    const auto seen = decoded_stream(text + "\n");
    REQUIRE(seen.told.size() == 2);
    CHECK(seen.told[0].message_id == "a");
    CHECK(seen.told[1].message_id == "b");
  }
}

TEST_CASE("traits of two names are one field") {
  struct Row {
    const char* traits;
    Field field;
    const char* expected;
  };
  const Row rows[] = {
      {R"([["resource_id",1,"r"]])", Field::instance_id, "r"},
      {R"([["resource_id",1,"r"],["instance_id",1,"r"]])", Field::instance_id, "r"},
      {R"([["instance_id",1,"87BE4B45-E214-4CA3-8F5C-1BD31159F9E4"],["resource_id",1,"87be4b45-e214-4ca3-8f5c-1bd31159f9e4"]])",
       Field::instance_id, "87BE4B45-E214-4CA3-8F5C-1BD31159F9E4"},
      {R"([["host_name",1,"h"]])", Field::publisher_host, "h"},
      {R"([["host_name",1,"h"],["host",1,"h"]])", Field::publisher_host, "h"},
      {R"([["host",1,"None"]])", Field::publisher_host, "-"},
      {R"([["host",1,""]])", Field::publisher_host, "-"},
      {R"([["service",1,"compute.a.b"]])", Field::publisher_host, "a.b"},
      {R"([["service",1,"compute.a.b"]])", Field::publisher_service, "compute"},
      {R"([["service",1,"nova-compute:a.b"]])", Field::publisher_host, "a.b"},
      {R"([["service",1,"nova-compute:a.b"]])", Field::publisher_service, "nova-compute"},
      {R"([["service",1,"compute.a"],["host",1,"b"]])", Field::publisher_host, "b"},
      {R"([["flavor_name",1,"f"]])", Field::flavor, "f"},
      {R"([["project_id",1,"caller"]])", Field::project_id, "caller"},
      {R"([["project_id",1,"caller"],["tenant_id",1,"owner"]])", Field::project_id, "owner"},
      {R"([["state_description",1,""]])", Field::task_state, ""},
      {R"([["state",2,7]])", Field::state, "7"},
      {R"([["deleted_at",4,""]])", Field::deleted_at, "-"},
      {R"([["deleted_at",4,"2026-01-01T00:00:00"]])", Field::deleted_at, "2026-01-01T00:00:00"},
      {R"([["host",1,"h"],["display_name",1,"x> <Trait: host_name 1 evil"]])", Field::display_name,
       "x> <Trait: host_name 1 evil"},
  };
  for (const Row& row : rows) {
    INFO(row.traits);
    const auto seen = decoded(event(row.traits));
    REQUIRE(seen.told.size() == 1);
    REQUIRE(seen.told[0].is_event());
    CHECK(seen.told[0][row.field] == row.expected);
  }
}

TEST_CASE("a stored notification tells what the traits do not") {
  for (
      const char* raw :
      {R"({"ctxt":{"request_id":"req-9"},"publisher_id":"compute.p","event_type":"t","payload":{"host":"ph","state":"raw","state_description":"","tenant_id":"owner"},"metadata":{"message_id":"x","timestamp":"y"}})",
       R"({"message_id":"x","timestamp":"y","priority":"info","publisher_id":"compute.p","event_type":"t","_context_request_id":"req-9","payload":{"host":"ph","state":"raw","state_description":"","tenant_id":"owner"}})"}) {
    const auto seen = decoded(event(R"([["state",1,"trait"],["project_id",1,"caller"]])", "e1",
                                    std::string(",\"raw\":") + raw));
    REQUIRE(seen.told.size() == 1);
    const Told& one = seen.told[0];
    REQUIRE(one.is_event());
    CHECK(one.message_id == "e1");
    CHECK(one[Field::payload_host] == "ph");
    CHECK(one[Field::publisher_service] == "compute");
    CHECK(one[Field::publisher_host] == "p");
    CHECK(one[Field::state] == "trait");
    CHECK(one[Field::task_state].empty());
    CHECK(one[Field::project_id] == "owner");
    CHECK(one[Field::request_id] == "req-9");
  }
  const auto versioned = decoded(
      R"({"message_id":"m","event_type":"instance.update","generated":"2026-11-22T12:33:25","traits":[],)"
      R"("raw":{"publisher_id":"nova-compute:h","payload":{"nova_object.data":{"uuid":"i7","host":null}}}})");
  REQUIRE(versioned.told.size() == 1);
  CHECK(versioned.told[0][Field::instance_id] == "i7");
  CHECK(versioned.told[0][Field::payload_host].empty());
  CHECK(versioned.told[0][Field::publisher_host] == "h");
}

TEST_CASE("NULs in front of a line hide no event") {
  const std::string nuls(700, '\0');
  const auto one = decoded(nuls + event("[]"));
  REQUIRE(one.told.size() == 1);
  CHECK(one.told[0].is_event());
  CHECK(decoded(nuls).told.empty());
  const auto broken = decoded(nuls + R"({"message_id": 1)");
  REQUIRE(broken.told.size() == 1);
  CHECK(broken.told[0].reason == ErrorCode::incomplete);
}

TEST_CASE("a byte order mark is no part of the first event") {
  const std::string mark = "\xef\xbb\xbf";
  CHECK(decoded(mark + event("[]")).told.at(0).is_event());
  std::string over_lines = event("[]");
  over_lines.insert(over_lines.find(',') + 1, "\n  ");
  const std::string nuls(5, '\0');
  for (const std::string& lead : {mark, nuls, nuls + mark, mark + nuls}) {
    const auto all =
        decoded_stream(lead + over_lines + "\n" + lead + over_lines + "\n" + event("[]"));
    REQUIRE(all.told.size() == 3);
    for (const auto& one : all.told) CHECK(one.is_event());
  }
}

TEST_CASE("as many traits as one likes are checked in good time") {
  std::string traits = "[[\"t\",1,\"x\"]";
  for (int i = 0; i < 100000; ++i) traits += ",[\"t" + std::to_string(i) + "\",1,\"x\"]";
  CHECK(decoded(event(traits + "]")).told.at(0).is_event());
  CHECK(reason(event(traits + ",[\"t77\",1,\"x\"]]")) == ErrorCode::repeated_trait);
  std::string ones = "[1";
  for (int i = 0; i < 100000; ++i) ones += ",1";
  CHECK(decoded("[{}" + ones.substr(2) + "]").told.size() == 100001);
}
