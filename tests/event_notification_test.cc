// SPDX-License-Identifier: Apache-2.0
// Nova's notifications and the fields they tell.

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "event/scanning.h"
#include "event_told.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

std::string notification(const std::string& type, const std::string& publisher,
                         const std::string& payload, const std::string& more = "") {
  return R"({"message_id":"m1","event_type":")" + type + R"(","publisher_id":")" + publisher +
         R"(","timestamp":"2026-11-22 12:33:30.061938","priority":"INFO","payload":)" + payload +
         more + "}";
}

Told only_one(const std::string& text, Format format = Format::any) {
  const auto seen = decoded(text, format);
  INFO(text);
  REQUIRE(seen.told.size() == 1);
  REQUIRE(seen.calls() == 1);
  return seen.told[0];
}

}  // namespace

TEST_CASE("a publisher is cut where its first separator stands") {
  // Of no length and of every other, and with a second one behind the first.
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (std::size_t next = at; next <= size; ++next) {
        std::string text(size, '-');  // next to a dot, as codes go
        if (next < size) text[next] = ':';
        if (at < size) text[at] = '.';
        INFO(text);
        CHECK(find_either(text, '.', ':') == std::min(text.find_first_of(".:"), size));
      }
    }
  }
}

TEST_CASE("a legacy notification tells its instance") {
  const Told event = only_one(notification(
      "compute.instance.update", "compute.node1.example.net",
      R"({"instance_id":"i1","tenant_id":"p1","display_name":"x> <Trait: host_name 1 evil","host":"node1","node":"n","state":"active",)"
      R"("state_description":"migrating","old_state":"building","instance_type":"m1.tiny","deleted_at":"",)"
      R"("audit_period_ending":"2026-11-22T12:00:00"})",
      R"(,"_context_request_id":"req-1","_context_auth_token":"T")"));
  CHECK(event.message_id == "m1");
  CHECK(event.event_type == "compute.instance.update");
  CHECK(event.generated == "2026-11-22T12:33:30.061938Z");
  CHECK(event[Field::instance_id] == "i1");
  CHECK(event[Field::project_id] == "p1");
  CHECK(event[Field::display_name] == "x> <Trait: host_name 1 evil");
  CHECK(event[Field::payload_host] == "node1");
  CHECK(event[Field::publisher_service] == "compute");
  CHECK(event[Field::publisher_host] == "node1.example.net");
  CHECK(event[Field::state] == "active");
  CHECK(event[Field::task_state] == "migrating");
  CHECK(event[Field::old_state] == "building");
  CHECK(event[Field::flavor] == "m1.tiny");
  CHECK(event[Field::deleted_at] == "-");
  CHECK(event[Field::audit_period_ending] == "2026-11-22T12:00:00");
  CHECK(event[Field::request_id] == "req-1");
  CHECK(event[Field::power_state] == "-");
}

TEST_CASE("no host and no task are told as such") {
  for (const char* none : {"null", "\"\"", "\"None\"", "\"NULL\""}) {
    INFO(none);
    const Told event =
        only_one(notification("compute.instance.update", "compute.None",
                              std::string(R"({"host":)") + none + R"(,"state_description":null})"));
    CHECK(event[Field::payload_host].empty());
    CHECK(event[Field::task_state].empty());
    CHECK(event[Field::publisher_host] == "-");
    CHECK(event[Field::instance_id] == "-");
  }
  const Told silent = only_one(notification("compute.instance.update", "compute", "{}"));
  CHECK(silent[Field::payload_host] == "-");
  CHECK(silent[Field::task_state] == "-");
  CHECK(silent[Field::publisher_service] == "compute");
  CHECK(silent[Field::publisher_host] == "-");
}

TEST_CASE("a versioned notification tells its instance") {
  const Told event = only_one(notification(
      "instance.update", "nova-compute:fe80.example",
      R"({"nova_object.name":"InstanceUpdatePayload","nova_object.data":{"uuid":"i2","host":"node2","host_name":"guest","state":"active",)"
      R"("task_state":null,"power_state":"running","display_name":"n","tenant_id":"p2","deleted_at":null,"request_id":"req-2",)"
      R"("flavor":{"nova_object.data":{"name":"m1.small","disabled":false}},)"
      R"("state_update":{"nova_object.data":{"state":"x","old_state":"building"}},)"
      R"("audit_period":{"nova_object.data":{"audit_period_ending":"2026-11-22T12:00:00Z"}}}})"));
  CHECK(event[Field::instance_id] == "i2");
  CHECK(event[Field::payload_host] == "node2");
  CHECK(event[Field::publisher_service] == "nova-compute");
  CHECK(event[Field::publisher_host] == "fe80.example");
  CHECK(event[Field::state] == "active");
  CHECK(event[Field::task_state].empty());
  CHECK(event[Field::power_state] == "running");
  CHECK(event[Field::display_name] == "n");
  CHECK(event[Field::project_id] == "p2");
  CHECK(event[Field::request_id] == "req-2");
  CHECK(event[Field::flavor] == "m1.small");
  CHECK(event[Field::old_state] == "building");
  CHECK(event[Field::audit_period_ending] == "2026-11-22T12:00:00Z");
  CHECK(event[Field::deleted_at] == "-");
  CHECK(event[Field::disabled] == "-");
}

TEST_CASE("a power state that says nothing is not told") {
  for (const char* state : {"pending", "nostate", ""}) {
    const Told event = only_one(
        notification("instance.update", "nova-compute:h",
                     R"({"nova_object.data":{"power_state":")" + std::string(state) + "\"}}"));
    CHECK(event[Field::power_state] == "-");
  }
}

TEST_CASE("a service notification tells its host, and its uuid is no instance's") {
  const Told event = only_one(notification(
      "service.update", "nova-compute:node1",
      R"({"nova_object.data":{"uuid":"s1","host":"node1","binary":"nova-compute","disabled":true,"forced_down":false}})"));
  CHECK(event[Field::instance_id] == "-");
  CHECK(event[Field::payload_host] == "node1");
  CHECK(event[Field::binary] == "nova-compute");
  CHECK(event[Field::disabled] == "true");
  CHECK(event[Field::forced_down] == "false");
}

TEST_CASE("a conductor's versioned notification tells its instance, a scheduler's none") {
  const std::string payload =
      R"({"nova_object.data":{"instance_uuid":"i1","state":"error","request_spec":null}})";
  const Told event =
      only_one(notification("compute_task.build_instances.error", "nova-conductor:ctl", payload));
  CHECK(event[Field::instance_id] == "i1");
  CHECK(event[Field::state] == "error");
  const Told other =
      only_one(notification("scheduler.select_destinations.end", "nova-scheduler:ctl", payload));
  CHECK(other[Field::instance_id] == "-");
}

TEST_CASE("a payload of any other shape leaves fields untold") {
  for (const char* payload :
       {"\"text\"", "null", "[1]", "12", R"({"exception":"X","args":{"instance":{}}})"}) {
    const Told event = only_one(notification("pre_live_migration", "compute.h", payload));
    CHECK(event.is_event());
    CHECK(event[Field::instance_id] == "-");
  }
}

TEST_CASE("the request id stands in the context if it is not flattened") {
  const Told context =
      only_one(notification("t", "c.h", "{}", R"(,"ctxt":{"request_id":"req-3"})"));
  CHECK(context[Field::request_id] == "req-3");
  const Told both = only_one(
      notification("t", "c.h", "{}", R"(,"context":{"request_id":"a"},"_context_request_id":"b")"));
  CHECK(both[Field::request_id] == "b");
}

TEST_CASE("numbers in fields become text") {
  const Told event = only_one(notification(
      "t", "c.h",
      R"({"display_name":12,"state":true,"host":1.5,"tenant_id":18446744073709551615})"));
  CHECK(event[Field::display_name] == "12");
  CHECK(event[Field::state] == "true");
  CHECK(event[Field::payload_host] == "1.5");
  CHECK(event[Field::project_id] == "18446744073709551615");
}

TEST_CASE("an envelope of either version is unwrapped") {
  const std::string inner =
      notification("compute.instance.update", "compute.h", R"({"instance_id":"i \"1\""})");
  std::string escaped;
  for (const char c : inner) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  const std::string second = R"({"oslo.version":"2.7","oslo.message":")" + escaped + "\"}";
  for (const std::string& text : {second, R"({"oslo.message":)" + inner + "}", inner}) {
    CHECK(only_one(text)[Field::instance_id] == "i \"1\"");
    CHECK(only_one(text, Format::oslo).is_event());
  }
  CHECK(only_one(inner, Format::nova).is_event());
  CHECK(only_one(second, Format::nova).reason == ErrorCode::wrong_format);
}
