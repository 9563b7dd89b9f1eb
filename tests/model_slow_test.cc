// SPDX-License-Identifier: Apache-2.0
// Operations that take longer than the horizon: their end is no latecomer.

#include <catch2/catch.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::kStart;
using testing::Machine;
using testing::Made;
using testing::made;
using testing::shipped_rules;

constexpr int kMinute = 60'000;

Made with_state(std::string action, int ms, std::string request, std::string state,
                std::map<Field, std::string> fields = {}) {
  fields.try_emplace(Field::state, std::move(state));
  return made(std::move(action), ms, "a", std::move(request), std::move(fields));
}

struct Case {
  const char* what;
  Made begins;
  Made ends;  // 50 minutes later
  const char* host;
  const char* vm_state;
  bool deleted = false;
};

std::vector<Case> cases() {
  constexpr int kEnd = 50 * kMinute;
  return {
      {"a boot from a large image", with_state("create.start", 0, "req-1", "building"),
       with_state("create.end", kEnd, "req-1", "active"), "a", "active"},
      {"a suspend that writes much memory", with_state("suspend.start", 0, "req-1", "active"),
       with_state("suspend.end", kEnd, "req-1", "suspended"), "a", "suspended"},
      {"a deletion that waits for a volume", with_state("delete.start", 0, "req-1", "active"),
       with_state("delete.end", kEnd, "req-1", "deleted"), "", "deleted", true},
      {"a deletion of which the beginning was lost",
       with_state("shutdown.start", 0, "req-1", "active", {{Field::task_state, "deleting"}}),
       with_state("delete.end", kEnd, "req-1", "deleted"), "", "deleted", true},
      {"a soft delete", with_state("soft_delete.start", 0, "req-1", "active"),
       with_state("soft_delete.end", kEnd, "req-1", "soft-delete"), "a", "soft-delete"},
      {"a shelve that uploads the disk", with_state("shelve.start", 0, "req-1", "active"),
       with_state("shelve.end", kEnd, "req-1", "shelved"), "a", "shelved"},
  };
}

enum class Meanwhile { nothing, clock, audits };

TEST_CASE("What takes longer than the horizon ends as it does, whatever comes meanwhile") {
  for (const Case& c : cases()) {
    for (const Meanwhile meanwhile : {Meanwhile::nothing, Meanwhile::clock, Meanwhile::audits}) {
      INFO(c.what << ", meanwhile " << static_cast<int>(meanwhile));
      Machine machine(shipped_rules());
      const bool boots = c.begins.event_type == "compute.instance.create.start";
      if (!boots) machine.feed(made("create.end", -60 * kMinute, "a", "req-0"));
      machine.feed(c.begins);
      for (int minute = 5; minute < 50; minute += 5) {
        if (meanwhile == Meanwhile::clock) {
          machine.dispatcher.advance(kStart + std::chrono::minutes{minute});
        } else if (meanwhile == Meanwhile::audits) {
          machine.feed(with_state("exists", minute * kMinute, "req-a" + std::to_string(minute),
                                  boots ? "building" : "active"));
        }
      }
      machine.feed(c.ends);
      CHECK(machine.dispatcher.counts().total_ignored() == 0);
      CHECK(machine.vm().host == c.host);
      CHECK(machine.vm().vm_state == c.vm_state);
      CHECK(machine.vm().deleted == c.deleted);
      CHECK(machine.vm().confidence == (c.deleted ? Confidence::deleted : Confidence::confirmed));
      CHECK(machine.records.differences(machine.model) == "");

      machine.dispatcher.advance(kStart + std::chrono::minutes{80});
      CHECK(machine.facts_held() == 0);
    }
  }
}

TEST_CASE("What an update has announced may begin an hour later") {
  const std::map<Field, std::string> migrating = {{Field::task_state, "migrating"}};
  const std::map<Field, std::string> resizing = {{Field::task_state, "resize_prep"}};
  const Made audit = made("exists", 40 * kMinute, "a", "req-2");
  Machine queued(shipped_rules());
  queued.feed(made("create.end", -60 * kMinute, "a", "req-0"));
  queued.feed(made("update", 0, "ctl", "req-1", migrating));
  queued.feed(audit);
  queued.feed(testing::live_migration("req-1", 60 * kMinute, "a", "b"));
  CHECK(queued.dispatcher.counts().total_ignored() == 0);
  CHECK(queued.vm().host == "b");
  CHECK(queued.vm().confidence == Confidence::confirmed);
  REQUIRE(queued.model.migrations().size() == 1);
  CHECK(queued.model.migrations()[0].outcome == Outcome::completed);
  CHECK(queued.records.differences(queued.model) == "");

  Machine cold(shipped_rules());
  cold.feed(made("create.end", -60 * kMinute, "a", "req-0"));
  cold.feed(made("update", 0, "ctl", "req-1", resizing));
  cold.feed(audit);
  cold.feed(made("resize.prep.start", 60 * kMinute, "b", "req-1"));
  cold.feed(made("finish_resize.end", 61 * kMinute, "b", "req-1", {{Field::state, "resized"}}));
  CHECK(cold.dispatcher.counts().total_ignored() == 0);
  CHECK(cold.vm().host == "b");
}

TEST_CASE("What an update without a task has announced may begin an hour later, too") {
  std::vector<Made> stream = {made("create.end", -40 * kMinute, "a", "req-0"),
                              made("update", 0, "ctl", "req-1", {{Field::old_state, "active"}}),
                              made("volume.attach", 20 * kMinute, "a", "req-2"),
                              made("exists", 50 * kMinute, "a", "req-3")};
  testing::append(stream, testing::live_migration("req-1", 50 * kMinute + 20'000, "a", "b"));
  Machine machine(shipped_rules());
  machine.feed(stream);
  CHECK(machine.dispatcher.counts().total_ignored() == 0);
  CHECK(machine.vm().host == "b");
  CHECK(machine.vm().confidence == Confidence::confirmed);
  REQUIRE(machine.model.migrations().size() == 1);
  CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
  // It makes no difference which of two that are seconds apart comes first.
  std::swap(stream[3], stream[4]);
  Machine swapped(shipped_rules());
  swapped.feed(stream);
  CHECK(swapped.placement() == machine.placement());
}

TEST_CASE("An end that comes late is in time, whatever has come meanwhile") {
  // Two deliveries of the same events, both within the horizon.
  const std::vector<Made> events = {
      made("create.end", -60 * kMinute, "a", "req-0"), made("delete.start", 0, "a", "req-1"),
      made("delete.end", 2'100, "a", "req-1", {{Field::state, "deleted"}}),
      made("exists", 15 * kMinute + 100, "a", "req-2")};
  Machine in_order(shipped_rules());
  in_order.feed(events);
  Machine late(shipped_rules());
  for (const std::size_t i : {0U, 1U, 3U, 2U}) late.feed(events[i]);
  CHECK(late.vm().deleted);
  CHECK(late.placement() == in_order.placement());
}

TEST_CASE("What has no end is not waited for forever") {
  for (const Case& c : cases()) {
    INFO(c.what);
    Machine machine(shipped_rules());
    machine.feed(c.begins);
    machine.dispatcher.advance(kStart + std::chrono::minutes{30});
    CHECK(machine.facts_held() == 1);
    machine.dispatcher.advance(kStart + std::chrono::hours{25});
    CHECK(machine.facts_held() == 0);
  }
}

TEST_CASE("What has failed, or has no end, keeps nothing that comes later from being heard") {
  const std::map<Field, std::string> on_a = {{Field::payload_host, "a"}};
  const std::vector<std::vector<Made>> never_closed = {
      {made("resize.prep.start", 0, "b", "req-1", on_a),
       made("resize.error", 1000, "b", "req-1", on_a),
       made("resize.prep.end", 2000, "b", "req-1", on_a)},
      {made("resize.confirm.start", 0, "a", "req-1", on_a)},
      {made("live_migration.pre.start", 0, "b", "req-1", on_a),
       made("update", 1000, "ctl", "req-1",
            {{Field::state, "error"}, {Field::task_state, ""}, {Field::payload_host, "a"}})}};
  for (const std::vector<Made>& open : never_closed) {
    INFO(open.front().event_type);
    Machine machine(shipped_rules());
    machine.feed(made("create.end", -5 * kMinute, "a", "req-0"));
    machine.feed(open);
    machine.feed(made("update", 3000, "ctl", "req-name",
                      {{Field::display_name, "new"}, {Field::task_state, ""}}));
    for (int i = 0; i < 140; ++i) {
      const bool off = i % 2 == 0;
      machine.feed(with_state(off ? "power_off.end" : "power_on.end", (8 + 8 * i) * kMinute,
                              "req-p" + std::to_string(i), off ? "stopped" : "active"));
    }
    machine.feed(testing::live_migration("req-2", 1140 * kMinute, "a", "c"));
    CHECK(machine.dispatcher.counts().total_ignored() == 0);
    CHECK(machine.vm().host == "c");
    CHECK(machine.vm().name == "new");
    CHECK(machine.facts_held() < 200);
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE("A deletion that is under way does not go to make room") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -60 * kMinute, "a", "req-0"));
  machine.feed(made("delete.start", 0, "a", "req-1"));
  for (int i = 0; i < 100; ++i) {
    machine.feed(made("update", 1'000 + i * 1'000, "ctl", "req-u" + std::to_string(i)));
    REQUIRE(machine.vm().confidence == Confidence::probable);
  }
  machine.feed(made("delete.end", 200'000, "a", "req-1", {{Field::state, "deleted"}}));
  CHECK(machine.vm().deleted);
  CHECK(machine.records.differences(machine.model) == "");
}

}  // namespace
}  // namespace vmtrail
