// SPDX-License-Identifier: Apache-2.0
// What lost events leave open: no answer may claim to be certain that the events do not support.

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using namespace testing;

constexpr int kMin = 60'000;

Made with_state(std::string action, int ms, std::string publisher, std::string request,
                std::string state, std::map<Field, std::string> fields = {}) {
  fields.try_emplace(Field::state, std::move(state));
  return made(std::move(action), ms, std::move(publisher), std::move(request), std::move(fields));
}

// Nova's record, as it is saved with this task.
Made record(int ms, std::string request, std::string before, std::string state, std::string task,
            std::string host) {
  return with_state("update", ms, "ctl", std::move(request), std::move(state),
                    {{Field::old_state, std::move(before)},
                     {Field::task_state, std::move(task)},
                     {Field::payload_host, std::move(host)}});
}

// An exception of a method, which names its request alone.
Made raised(std::string method, int ms, std::string publisher, std::string request) {
  Made event = made("x", ms, std::move(publisher), std::move(request));
  event.event_type = event.message_id = std::move(method);
  event.fields.erase(Field::instance_id);
  event.fields.erase(Field::state);
  return event;
}

std::vector<Made> resized(int ms) {
  return {made("resize.prep.start", ms, "b", "req-1"),
          record(ms + 100, "req-1", "active", "active", "resize_migrating", "a"),
          made("resize.start", ms + 200, "a", "req-1"),
          record(ms + 300, "req-1", "active", "active", "resize_migrated", "b"),
          made("resize.end", ms + 400, "a", "req-1"),
          made("finish_resize.start", ms + 500, "b", "req-1"),
          record(ms + 600, "req-1", "active", "resized", "", "b")};
}

std::vector<Made> joined(std::vector<Made> first, std::vector<Made> more) {
  append(first, std::move(more));
  return first;
}

struct Case {
  const char* what;
  std::vector<Made> events;
  const char* host;
  const char* confidence;
};

std::vector<Case> cases() {
  const Made boot = made("create.end", -10 * kMin, "a", "req-0");
  return {
      {"an unshelve has begun, and its end is lost",
       {boot, with_state("shelve_offload.end", 0, "a", "req-1", "shelved_offloaded"),
        with_state("unshelve.start", kMin, "b", "req-2", "shelved_offloaded")},
       "",
       "probable"},
      {"of a delete only the shutdown came",
       {boot, made("shutdown.start", 0, "a", "req-1"), made("shutdown.end", 900, "a", "req-1")},
       "a",
       "probable"},
      {"the shutdown of a failed boot is no delete",
       {with_state("create.start", 0, "a", "req-1", "building"),
        with_state("shutdown.end", 500, "a", "req-1", "building"),
        made("create.end", 2'000, "b", "req-1")},
       "b",
       "confirmed"},
      {"an evacuation was asked for, and nothing says how it ended",
       {boot, made("evacuate", 0, "ctl", "req-1"), made("rebuild.scheduled", 100, "ctl", "req-1")},
       "a",
       "probable"},
      {"a shelved instance is about to be offloaded",
       {boot, with_state("shelve.end", 0, "a", "req-1", "shelved",
                         {{Field::task_state, "shelving_offloading"}})},
       "a",
       "probable"},
      {"an update alone tells the offload, close to the shelve",
       {boot, with_state("shelve.start", 0, "a", "req-1", "active"),
        with_state("shelve.end", 500, "a", "req-1", "shelved"),
        with_state("update", 1'500, "ctl", "req-2", "shelved_offloaded",
                   {{Field::old_state, "shelved"}})},
       "",
       "unplaced"},
      {"the unshelve shows that it had been offloaded",
       {boot, with_state("shelve.end", 0, "a", "req-1", "shelved"),
        with_state("unshelve.start", kMin, "b", "req-2", "shelved_offloaded")},
       "",
       "probable"},
      {"a boot was tried again elsewhere, and only the state tells how it ended",
       {with_state("create.start", 0, "a", "req-1", "building"),
        with_state("create.error", 1'000, "a", "req-1", "building"),
        with_state("create.start", 2'000, "b", "req-1", "building"),
        with_state("update", 9'000, "ctl", "req-1", "active", {{Field::old_state, "building"}})},
       "b",
       "probable"},
      {"what was active before an error is somewhere",
       {with_state("update", 0, "ctl", "req-1", "active", {{Field::old_state, "building"}}),
        with_state("update", 20 * kMin, "ctl", "req-2", "error", {{Field::old_state, "active"}})},
       "",
       "unknown"},
      {"what failed while it was built is nowhere",
       {with_state("update", 0, "ctl", "req-1", "building"),
        with_state("update", 900, "ctl", "req-1", "error", {{Field::old_state, "building"}})},
       "",
       "unplaced"},
      {"a rollback by another source than believed",
       {boot, made("live_migration.pre.start", 0, "c", "req-1"),
        made("live_migration._rollback.start", 1'000, "b", "req-1")},
       "b",
       "probable"},
      {"the source failed after the guest had gone, and the switch is lost",
       {boot, made("live_migration.pre.start", 0, "b", "req-1"),
        raised("_post_live_migration", 900, "a", "req-1")},
       "b",
       "probable"},
      {"the same at the destination",
       {boot, made("live_migration.pre.start", 0, "b", "req-1"),
        raised("post_live_migration_at_destination", 900, "b", "req-1")},
       "b",
       "probable"},
      {"an abort alone shows where it runs",
       {with_state("create.start", -kMin, "a", "req-0", "building"),
        made("live.migration.abort.start", 0, "a", "req-1", {{Field::payload_host, "a"}})},
       "a",
       "probable"},
      {"a rebuild of what an unseen migration had brought there before",
       {boot, made("power_off.end", -2 * kMin, "b", "req-1"),
        made("rebuild.start", 0, "b", "req-2"), record(100, "req-2", "active", "active", "", "b")},
       "b",
       "confirmed"},
      {"the source failed at its end, and the record names another host since",
       {boot, made("live_migration._post.start", 0, "a", "req-1"),
        raised("_post_live_migration", 900, "a", "req-1"),
        record(1'000, "req-1", "active", "error", "", "b")},
       "b",
       "confirmed"},
      {"no host was valid for an unshelve, as the record tells",
       {boot, with_state("shelve_offload.end", 0, "a", "req-1", "shelved_offloaded"),
        record(kMin, "req-2", "shelved_offloaded", "shelved_offloaded", "unshelving", ""),
        record(kMin + 900, "req-2", "shelved_offloaded", "shelved_offloaded", "", "")},
       "",
       "unplaced"},
      {"a resize whose end is lost, but not the record's", joined({boot}, resized(0)), "b",
       "confirmed"},
      {"a revert that failed, as the record tells",
       joined(joined({boot}, resized(0)),
              {made("resize.revert.start", kMin, "a", "req-2", {{Field::payload_host, "b"}}),
               record(kMin + 100, "req-2", "resized", "resized", "resize_reverting", "a"),
               record(kMin + 900, "req-2", "resized", "error", "", "a")}),
       "a", "confirmed"},
      {"an evacuation whose end is lost, but not the record's",
       {boot, made("evacuate", 0, "ctl", "req-1", {{Field::payload_host, "a"}}),
        made("rebuild.start", 100, "b", "req-1", {{Field::payload_host, "a"}}),
        record(200, "req-1", "active", "active", "rebuild_spawning", "a"),
        record(300, "req-1", "active", "active", "", "a"),
        record(900, "req-1", "active", "active", "", "b")},
       "b",
       "confirmed"},
      {"an evacuation of which the record does not yet say where",
       {boot, made("evacuate", 0, "ctl", "req-1", {{Field::payload_host, "a"}}),
        made("rebuild.start", 100, "b", "req-1", {{Field::payload_host, "a"}}),
        record(200, "req-1", "active", "active", "rebuild_spawning", "a"),
        record(300, "req-1", "active", "active", "", "a")},
       "b",
       "probable"},
      {"a rebuild where it is cannot move it",
       {boot, made("rebuild.start", 100, "a", "req-1", {{Field::payload_host, "a"}})},
       "a",
       "confirmed"},
      {"the source has finished, and the destination is silent",
       {boot, made("live_migration._post.start", 0, "a", "req-1"),
        made("live_migration._post.end", 900, "a", "req-1")},
       "a",
       "probable"},
      {"the same, but the record names another host since",
       {boot, made("live_migration._post.start", 0, "a", "req-1"),
        record(500, "req-1", "active", "active", "", "b"),
        made("live_migration._post.end", 900, "a", "req-1")},
       "b",
       "confirmed"},
      {"an unshelve that failed, of which the record told no more than the claim",
       {boot, with_state("shelve_offload.end", 0, "a", "req-1", "shelved_offloaded"),
        record(kMin, "req-2", "shelved_offloaded", "shelved_offloaded", "spawning", "b"),
        raised("unshelve_instance", kMin + 900, "b", "req-2")},
       "",
       "unplaced"},
      {"a resize that was tried elsewhere, where nobody tells of it",
       {boot, made("resize.prep.start", 0, "b", "req-1", {{Field::payload_host, "a"}}),
        made("resize.error", 100, "b", "req-1", {{Field::payload_host, "a"}}),
        made("resize.prep.end", 200, "b", "req-1", {{Field::payload_host, "a"}}),
        made("resize.end", 900, "a", "req-1", {{Field::payload_host, "c"}})},
       "c",
       "probable"},
      {"a resize to another cell, of which the source's own record tells",
       {boot, made("resize.prep.start", 0, "b", "req-1", {{Field::payload_host, "a"}}),
        made("resize.end", 900, "a", "req-1", {{Field::payload_host, "a"}})},
       "b",
       "probable"},
      {"a resize that failed while copying, as the record tells",
       {boot, made("resize.prep.start", 0, "b", "req-1", {{Field::payload_host, "a"}}),
        record(100, "req-1", "active", "active", "resize_migrating", "a"),
        made("resize.start", 200, "a", "req-1", {{Field::payload_host, "a"}}),
        record(900, "req-1", "active", "active", "", "a")},
       "a",
       "confirmed"},
      {"a shelving that failed, as the record tells",
       {boot, record(0, "req-1", "active", "active", "shelving", "a"),
        made("shelve.start", 100, "a", "req-1", {{Field::payload_host, "a"}}),
        record(900, "req-1", "active", "active", "", "a")},
       "a",
       "confirmed"},
  };
}

TEST_CASE("What a lost event leaves open is not told as certain") {
  for (const Case& c : cases()) {
    INFO(c.what);
    Machine machine(shipped_rules());
    machine.feed(c.events);
    CHECK(machine.vm().host == c.host);
    CHECK(name(machine.vm().confidence) == c.confidence);
    machine.dispatcher.finish();  // what is told once both ends are known
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE("Two cold migrations that follow each other at once lead to the second's host") {
  // The record tells the host with the confirmations, so that they could place it themselves.
  std::vector<Made> events = {made("create.end", -10 * kMin, "a", "req-0")};
  int ms = 0;
  for (const auto& [from, to] : {std::pair{"a", "b"}, {"b", "c"}}) {
    const std::string request = std::string("req-") + to;
    append(events, {made("resize.prep.start", ms, to, request, {{Field::payload_host, from}}),
                    made("finish_resize.end", ms + 300, to, request, {{Field::payload_host, to}}),
                    with_state("resize.confirm.start", ms + 500, from, request + "-confirm",
                               "resized", {{Field::payload_host, to}}),
                    with_state("resize.confirm.end", ms + 700, from, request + "-confirm", "active",
                               {{Field::payload_host, to}})});
    ms += 900;
  }
  Machine machine(shipped_rules());
  machine.feed(events);
  CHECK(machine.vm().host == "c");
  CHECK(name(machine.vm().confidence) == std::string("confirmed"));
}

TEST_CASE("A resize whose end does not come is completed, if the record says resized") {
  Machine machine(shipped_rules());
  machine.feed(joined({made("create.end", -10 * kMin, "a", "req-0")}, resized(0)));
  REQUIRE(machine.model.migrations().size() == 1);
  CHECK(machine.model.migrations().front().outcome == Outcome::in_progress);
  machine.dispatcher.advance(kStart + std::chrono::hours{3});
  CHECK(machine.model.migrations().front().outcome == Outcome::completed);
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("A shelved instance that stays on its host is shelved, and nothing is under way") {
  Machine machine(shipped_rules());
  machine.feed({made("create.end", -10 * kMin, "a", "req-0"),
                record(0, "req-1", "active", "active", "shelving", "a"),
                with_state("shelve.start", 100, "a", "req-1", "active"),
                record(900, "req-1", "active", "shelved", "", "a"),
                with_state("shelve.end", 1'000, "a", "req-1", "shelved")});
  CHECK(name(machine.vm().confidence) == std::string("confirmed"));
  CHECK_FALSE(machine.vm().operation);
}

TEST_CASE("A state that an update reports changed is not undone by one sent before the change") {
  // Two controllers save the instance; the clock of the second is behind.
  Machine machine(shipped_rules());
  machine.feed(made("live_migration.pre.start", 0, "b", "req-1"));
  machine.feed(made("live_migration._post.start", 10, "a", "req-1"));
  const std::map<Field, std::string> record = {
      {Field::old_state, "active"}, {Field::task_state, ""}, {Field::payload_host, "b"}};
  machine.feed(with_state("update", 70, "ctl1", "req-1", "active", record));
  machine.feed(with_state("update", 30, "ctl2", "req-1", "error", record));
  CHECK(machine.vm().vm_state == "error");
  CHECK(machine.vm().host == "b");
}

TEST_CASE("A boot that is never heard of again may well have ended somewhere") {
  const std::vector<Made> begun = {with_state("create.start", 0, "a", "req-0", "building")};
  const std::vector<Made> failed =
      joined(begun, {with_state("create.error", 900, "a", "req-0", "building")});
  const std::vector<Made> tried_again =
      joined(failed, {with_state("create.start", 2'000, "b", "req-0", "building")});
  const std::vector<Made> without_an_error = {
      begun.front(), tried_again.back(),
      with_state("create.error", 3'000, "b", "req-0", "building")};
  for (const auto& [events, later] : {std::pair{begun, "probable"},
                                      {failed, "unplaced"},
                                      {tried_again, "probable"},
                                      {without_an_error, "unplaced"}}) {
    Machine machine(shipped_rules());
    machine.feed(events);
    CHECK(name(machine.vm().confidence) == "unplaced");
    machine.dispatcher.advance(kStart + std::chrono::hours{1});
    CHECK(name(machine.vm().confidence) == later);
    CHECK(machine.vm().host.empty());
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE("What is saved beside an operation does not bring its task back") {
  // Metadata, saved before the end by a controller whose clock is ahead.
  Machine machine(shipped_rules());
  machine.feed(
      joined({made("create.end", -10 * kMin, "a", "req-0")}, live_migration("req-1", 0, "a", "b")));
  machine.feed(record(50, "req-1", "active", "active", "migrating", "a"));
  machine.feed(record(900, "req-1", "active", "active", "", "b"));
  machine.feed(record(1'500, "req-2", "active", "active", "migrating", "a"));
  CHECK(machine.vm().task_state.empty());
  CHECK(machine.vm().host == "b");
  // What announces another operation, or a migration from the new host, at once.
  machine.feed(record(1'800, "req-5", "active", "active", "migrating", "b"));
  CHECK(machine.vm().task_state == "migrating");
  machine.feed(record(2'000, "req-3", "active", "active", "powering-off", "b"));
  CHECK(machine.vm().task_state == "powering-off");
  machine.feed(record(kMin, "req-4", "active", "active", "migrating", "b"));
  CHECK(machine.vm().task_state == "migrating");
}

TEST_CASE("An audit whose list was read before a migration does not bring the instance back") {
  const auto audit = [](int ms, const char* host) {
    return made("exists", ms, host, "",
                {{Field::audit_period_ending, "2017-01-23 06:00:00"}, {Field::payload_host, host}});
  };
  Machine machine(shipped_rules());
  machine.feed(joined({made("create.end", -10 * kMin, "a", "req-0")},
                      live_migration("req-1", 2'000, "a", "b")));
  machine.feed(audit(15'000, "a"));
  CHECK(machine.vm().host == "b");
  machine.feed(audit(20'000, "c"));  // where it never was: something is lost
  CHECK(machine.vm().host == "c");
  machine.feed(audit(3 * kMin, "a"));
  CHECK(machine.vm().host == "a");

  // In any order within the horizon.
  const Made boot = made("create.end", -10 * kMin, "a", "req-0");
  const std::vector<Made> stream =
      joined(joined({boot}, live_migration("req-1", 0, "a", "b")),
             {audit(15'000, "a"), made("power_off.start", 902'000, "b", "req-2")});
  Machine late(shipped_rules());
  late.feed(joined(joined({boot}, live_migration("req-1", 0, "a", "b")), {stream.back()}));
  late.feed(audit(15'000, "a"));
  Machine in_order(shipped_rules());
  in_order.feed(stream);
  CHECK(late.placement() == in_order.placement());
  CHECK(late.vm().host == "b");

  // An evacuation leaves a host that is down: it is back if it sends audits.
  Machine back(shipped_rules());
  back.feed({boot, made("evacuate", 0, "ctl", "req-1", {{Field::payload_host, "a"}}),
             made("rebuild.start", 100, "b", "req-1", {{Field::payload_host, "a"}}),
             audit(20'000, "a")});
  CHECK(back.vm().host == "a");

  // Nor where the new host is only probable.
  Machine unsure(shipped_rules());
  unsure.feed({made("create.end", -10 * kMin, "a", "req-0"),
               made("live_migration.pre.start", 0, "b", "req-1"),
               made("live_migration._post.start", 2'000, "a", "req-1"), audit(15'000, "a")});
  CHECK(unsure.vm().host == "b");
  unsure.feed(audit(20'000, "b"));
  CHECK(name(unsure.vm().confidence) == std::string("confirmed"));
}

TEST_CASE("A resize that ended without a task, and is not resized, has failed") {
  for (const char* state : {"active", "resized"}) {
    Machine machine(shipped_rules());
    machine.feed({made("create.end", -10 * kMin, "a", "req-0"),
                  made("resize.prep.start", 0, "b", "req-1", {{Field::payload_host, "a"}}),
                  record(100, "req-1", "active", "active", "resize_migrating", "a"),
                  made("resize.start", 200, "a", "req-1", {{Field::payload_host, "a"}}),
                  record(900, "req-1", "active", state, "", "a")});
    REQUIRE(machine.model.migrations().size() == 1);
    CHECK(machine.model.migrations().front().outcome ==
          (state == std::string("active") ? Outcome::failed : Outcome::in_progress));
  }
}

TEST_CASE("A confirm that names the host is as sure whether it comes first or last") {
  const auto told = [](std::string_view host, std::string_view task) {
    return std::map<Field, std::string>{{Field::payload_host, std::string(host)},
                                        {Field::task_state, std::string(task)}};
  };
  std::vector<Made> stream = {
      made("create.end", 0, "c5", "req-0", told("c5", "")),
      made("resize.prep.end", 46'000, "c1", "req-1", told("c3", "resize_prep")),
      made("resize.prep.start", 49'400, "c2", "req-2", told("c3", "resize_prep")),
      made("resize.end", 53'500, "c3", "req-2", told("c2", "resize_migrated")),
      made("resize.confirm.end", 75'900, "c3", "req-3", told("c2", ""))};
  Machine in_order(shipped_rules());
  in_order.feed(stream);
  std::reverse(stream.begin(), stream.end());
  Machine backwards(shipped_rules());
  backwards.feed(stream);
  CHECK(in_order.placement() == backwards.placement());
  CHECK(name(in_order.vm().confidence) == "confirmed");
}

TEST_CASE("A confirm comes before what followed it, though its beginning is lost") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -10 * kMin, "a", "req-0"));
  machine.feed(
      with_state("finish_resize.end", 0, "b", "req-1", "resized", {{Field::payload_host, "b"}}));
  machine.feed(made("resize.confirm.end", 5'000, "a", "req-2", {{Field::payload_host, "b"}}));
  std::vector<Made> migration = live_migration("req-3", 5'500, "b", "c");
  for (Made& event : migration) event.fields.try_emplace(Field::payload_host, "b");
  migration[4].fields[Field::payload_host] = "c";
  machine.feed(migration);
  CHECK(machine.vm().host == "c");
}

TEST_CASE("A resize leads to a confirm even if its end is lost") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -10 * kMin, "a", "req-0"));
  machine.feed(made("finish_resize.start", 0, "b", "req-1", {{Field::payload_host, "b"}}));
  machine.feed(with_state("shelve_offload.end", 2'500, "b", "req-3", "shelved_offloaded"));
  machine.feed(made("resize.confirm.end", 2'000, "a", "req-2", {{Field::payload_host, "b"}}));
  CHECK(machine.vm().host.empty());
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("A confirmation that is folded as it arrives is told all the same") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-1"));
  machine.feed(made("resize.prep.start", 40 * kMin, "b", "req-2"));
  machine.feed(made("resize.start", 40 * kMin + 1'000, "a", "req-2"));
  machine.feed(with_state("finish_resize.end", 40 * kMin + 2'000, "b", "req-2", "resized"));
  machine.feed(made("exists", 95 * kMin, "b", "req-4"));
  machine.feed(made("resize.confirm.end", 75 * kMin + 500, "a", "req-3"));
  machine.dispatcher.finish();
  CHECK(machine.model.migrations()[0].confirmed_at);
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("A confirmation of a migration that was folded without its end is told") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-1"));
  machine.feed(made("resize.start", 40 * kMin, "a", "req-2"));  // and nothing of the destination
  for (int hour = 1; hour < 30; ++hour) {
    machine.feed(made("exists", hour * 60 * kMin, "a", "audit-" + std::to_string(hour)));
  }
  machine.feed(made("resize.confirm.start", 30 * 60 * kMin, "a", "req-3"));
  machine.feed(made("resize.confirm.end", 30 * 60 * kMin + 1'000, "a", "req-3"));
  REQUIRE(machine.model.migrations().size() == 1);
  CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
  machine.dispatcher.finish();
  CHECK(machine.records.differences(machine.model) == "");
}

}  // namespace
}  // namespace vmtrail
