// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "vmtrail/record.h"

namespace vmtrail {
namespace {

constexpr std::string_view kId = "87be4b45-e214-4ca3-8f5c-1bd31159f9e4";

nlohmann::json zenoss(const ChangeRecord& record) {
  std::string text;
  append_zenoss(text, record, "cloud");
  return nlohmann::json::parse(text);
}

ChangeRecord record_of(RecordType type, std::string_view event_type) {
  ChangeRecord record;
  record.sequence = Sequence{7};
  record.type = type;
  record.subject = kId;
  record.instance = ChangeRecord::Instance{"web", "p1"};
  record.cause = Cause{"m1", event_type, "some.rule", "stopped", "active", "powering-off"};
  record.summary = "web has state stopped";
  return record;
}

TEST_CASE("A change of state is told in the ZenPack's words") {
  struct Case {
    const char* event_type;
    RecordType type;
    const char* summary;
  };
  const std::string change = " (status changed from active to stopped [powering-off])";
  const RecordType state = RecordType::instance_state_changed;
  const std::vector<std::pair<Case, bool>> cases = {
      {{"compute.instance.create.start", RecordType::instance_created, "created"}, false},
      {{"compute.instance.create.end", state, "updated"}, false},
      {{"compute.instance.update", state, "updated"}, true},
      {{"instance.update", RecordType::instance_task_changed, "updated"}, true},
      {{"compute.instance.delete.end", RecordType::instance_deleted, "deleted"}, false},
      {{"compute.instance.power_on.start", state, "powering on"}, false},
      {{"compute.instance.power_on.end", state, "powered on"}, true},
      {{"compute.instance.power_off.start", state, "powering off"}, false},
      {{"instance.power_off.end", RecordType::instance_power_changed, "powered off"}, true},
      {{"compute.instance.shutdown.start", state, "shutting down"}, true},
      {{"compute.instance.shutdown.end", state, "shut down"}, true},
      {{"compute.instance.reboot.start", state, "rebooting"}, true},
      {{"compute.instance.reboot.end", state, "rebooted"}, true},
      {{"compute.instance.rebuild.start", state, "rebuilding"}, true},
      {{"compute.instance.rebuild.end", state, "rebuilt"}, true},
      {{"compute.instance.suspend.end", state, "suspended"}, false},
      {{"compute.instance.resume", state, "resumed"}, false},
      {{"compute.instance.rescue.end", state, "placed in rescue mode"}, false},
      {{"compute.instance.unrescue.end", state, "removed from rescue mode"}, false},
      {{"instance.resize_finish.end", state, "updated"}, false},
  };
  for (const auto& [c, with_status] : cases) {
    INFO(c.event_type);
    const nlohmann::json event = zenoss(record_of(c.type, c.event_type));
    CHECK(event["summary"] ==
          "Instance web " + std::string(c.summary) + (with_status ? change : ""));
    CHECK(event["eventKey"] == "m1");
    CHECK(event["eventClassKey"] == "openstack-" + std::string(c.event_type));
    CHECK(event["component"] == "server-" + std::string(kId));
    CHECK(event["device"] == "cloud");
  }
}

TEST_CASE("The status is told as far as the event told it") {
  ChangeRecord record = record_of(RecordType::instance_state_changed, "compute.instance.update");
  record.cause->old_state = {};
  CHECK(zenoss(record)["summary"] ==
        "Instance web updated (status changed to stopped [powering-off])");
  record.cause->task_state = {};
  CHECK(zenoss(record)["summary"] == "Instance web updated (status changed to stopped)");
  record.cause->state = {};
  CHECK(zenoss(record)["summary"] == "Instance web updated");
  record.instance->name = {};
  CHECK(zenoss(record)["summary"] == "Instance " + std::string(kId) + " updated");
}

TEST_CASE("What the ZenPack had no words for keeps its own, and a key of its own") {
  ChangeRecord record =
      record_of(RecordType::instance_moved, "compute.instance.live_migration.post.dest.end");
  record.summary = "web moved from a to b (live migration)";
  CHECK(zenoss(record)["summary"] == "Instance web moved from a to b (live migration)");
  CHECK(zenoss(record)["eventKey"] == "m1|instance.moved");
  // A state that an event changes of which the ZenPack did not speak.
  record = record_of(RecordType::instance_state_changed, "compute.instance.pause.end");
  CHECK(zenoss(record)["summary"] == "Instance web has state stopped");
}

TEST_CASE("Severities are Zenoss' numbers, and a failed boot is an error as in the ZenPack") {
  ChangeRecord record = record_of(RecordType::migration_stuck, "");
  for (const Severity severity : {Severity::clear, Severity::debug, Severity::info,
                                  Severity::warning, Severity::error, Severity::critical}) {
    record.severity = severity;
    CHECK(zenoss(record)["severity"] == static_cast<int>(severity));
  }
  record = record_of(RecordType::instance_state_changed, "compute.instance.create.error");
  CHECK(zenoss(record)["severity"] == 4);
}

TEST_CASE("A record without a cause has its type for a class and its sequence for a key") {
  ChangeRecord record = record_of(RecordType::migration_stuck, "");
  record.cause.reset();
  CHECK(zenoss(record)["eventClassKey"] == "openstack-migration.stuck");
  CHECK(zenoss(record)["eventKey"] == "7");
}

TEST_CASE("A record about a host has the host for a component") {
  ChangeRecord record;
  record.type = RecordType::host_state_changed;
  record.subject = "cmp-1";
  record.cause = Cause{"m2", "service.update", "service", {}, {}, {}};
  record.summary = "host cmp-1 is down";
  CHECK(zenoss(record)["component"] == "host-cmp-1");
  CHECK(zenoss(record)["summary"] == "host cmp-1 is down");
}

}  // namespace
}  // namespace vmtrail
