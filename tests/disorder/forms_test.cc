// SPDX-License-Identifier: Apache-2.0
// What the harness takes from the captures is what they hold.

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

#include "tests/disorder/captures.h"
#include "tests/disorder/form.h"
#include "tests/disorder/recording.h"
#include "tests/recorded.h"

namespace vmtrail::disorder {
namespace {

/// One text for one value: the agent spells times in its own way.
std::string told(const Made& event, Field field) {
  const auto found = event.fields.find(field);
  if (found == event.fields.end()) return "not told";
  if (field == Field::audit_period_ending || field == Field::deleted_at) {
    if (const auto time = parse_time(found->second)) return to_string(*time);
  }
  return "'" + found->second + "'";
}

TEST_CASE("The harness leaves of a notification what Ceilometer's agent leaves of it") {
  std::size_t compared = 0;
  for (const std::string& scenario : testing::scenarios()) {
    const auto sent = testing::events_of(testing::file_of(scenario, "nova.bodies.jsonl"));
    for (const auto& [folder, traits] : {std::pair("default/http.bodies.jsonl", Traits::ceilometer),
                                         std::pair("zenoss/http.bodies.jsonl", Traits::zenoss)}) {
      std::map<std::string, Made> published;
      for (Made& event : testing::events_of(testing::file_of(scenario, folder))) {
        published[event.message_id] = std::move(event);
      }
      for (const Made& notification : sent) {
        REQUIRE(published.count(notification.message_id) == 1);
        const Made& theirs = published[notification.message_id];
        const auto ours = in_form(notification, {traits, true});
        REQUIRE(ours);
        CHECK(ours->event_type == theirs.event_type);
        CHECK(ours->generated == theirs.generated);
        const bool of_instance = notification.event_type.starts_with("compute.instance.");
        for (std::size_t i = 0; i < kFieldCount; ++i) {
          const auto field = static_cast<Field>(i);
          // Of what is not about an instance the agent takes the caller's project, which no rule
          // reads.
          if (field == Field::project_id && !of_instance) continue;
          INFO(scenario << " " << folder << " " << notification.event_type << " " << name(field));
          CHECK(told(*ours, field) == told(theirs, field));
          ++compared;
        }
      }
    }
  }
  CHECK(compared > 20'000);
}

TEST_CASE("Without updates nothing else is missing") {
  Made event;
  event.event_type = "compute.instance.update";
  CHECK_FALSE(in_form(event, {Traits::raw, false}));
  CHECK_FALSE(in_form(event, {Traits::ceilometer, false}));
  event.event_type = "compute.instance.update.something";
  CHECK(in_form(event, {Traits::zenoss, false}));
}

TEST_CASE("The captures hold each of the operations that lives are made of") {
  std::set<std::string> kinds;
  std::size_t aborts = 0;
  for (const Recording& recording : captured()) {
    kinds.insert(recording.kind);
    REQUIRE_FALSE(recording.lines.empty());
    CHECK(recording.lines.front().at == Duration{0});
    if (recording.move && recording.move->outcome == Outcome::aborted) {
      CHECK(recording.requests == 2);
      ++aborts;
    }
    // A confirmation is told by the host that the instance has left.
    if (recording.before.vm_state == "resized") {
      CHECK(recording.lines.front().publisher == Role::former);
    }
  }
  CHECK(aborts == 1);
  for (const char* kind :
       {"compute.instance.create.end,  to active",
        "compute.instance.live_migration._post.end, active to active, completed",
        "compute.instance.live_migration._rollback.end, active to active, failed",
        "compute.instance.live_migration.rollback.dest.end, active to active, failed",
        "compute.instance.live_migration.rollback.dest.end, active to active, aborted",
        "compute.instance.finish_resize.end, active to resized, completed",
        "compute.instance.finish_resize.end, stopped to resized, completed",
        "compute.instance.resize.confirm.end, resized to active",
        "compute.instance.resize.confirm.end, resized to stopped",
        "compute.instance.rebuild.end, active to active, completed",
        "compute.instance.rebuild.end, stopped to stopped, completed",
        "compute.instance.shelve.end, active to shelved",
        "compute.instance.shelve_offload.end, active to shelved_offloaded",
        "compute.instance.shelve_offload.end, shelved to shelved_offloaded",
        "compute.instance.unshelve.end, shelved_offloaded to active",
        "compute.instance.power_on.end, shelved to active",
        "compute.instance.power_off.end, active to stopped",
        "compute.instance.power_on.end, stopped to active",
        "compute.instance.reboot.end, active to active",
        "compute.instance.exists, active to active",
        "compute.instance.delete.end, active to deleted",
        "compute.instance.delete.end, stopped to deleted",
        "compute.instance.force_delete.end, shelved_offloaded to deleted",
        "compute.instance.update,  to error"}) {
    INFO(kind);
    CHECK(kinds.count(kind) == 1);
  }
}

}  // namespace
}  // namespace vmtrail::disorder
