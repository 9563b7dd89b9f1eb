// SPDX-License-Identifier: Apache-2.0
// A model that is saved and restored: nobody can tell.

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::append;
using testing::live_migration;
using testing::Machine;
using testing::Made;
using testing::made;
using testing::shipped_rules;

constexpr int kMinute = 60'000;

std::vector<Made> resized(const std::string& request, int ms, const std::string& source,
                          const std::string& destination) {
  return {made("resize.prep.start", ms, destination, request, {{Field::payload_host, source}}),
          made("finish_resize.end", ms + 60'000, destination, request,
               {{Field::flavor, "large"}, {Field::state, "resized"}})};
}

// Saves and restores everything between any two events: nobody can tell.
TEST_CASE("A model that is saved and restored anywhere goes on as if nothing had happened") {
  std::vector<Made> stream = live_migration("req-1", 0, "a", "b");
  append(stream, live_migration("req-2", 20 * kMinute, "b", "c"));
  append(stream, live_migration("req-3", 40 * kMinute, "c", "d"));
  stream.push_back(
      made("resize.prep.start", 41 * kMinute, "e", "req-4", {{Field::payload_host, "d"}}));
  stream.push_back(
      made("finish_resize.end", 42 * kMinute, "e", "req-4", {{Field::flavor, "large"}}));
  stream.push_back(
      made("resize.confirm.end", 70 * kMinute, "d", "req-5", {{Field::payload_host, "e"}}));
  stream.push_back(made("live_migration.pre.start", 71 * kMinute, "f", "req-6"));
  Machine whole(shipped_rules());
  whole.feed(stream);
  whole.dispatcher.finish();
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    INFO("after " << cut << " events");
    Machine first(shipped_rules());
    Machine second(shipped_rules());
    for (std::size_t i = 0; i < cut; ++i) first.feed(stream[i]);
    second.restore(first);
    CHECK(second.placement() == first.placement());
    CHECK(second.model.hosts().size() == first.model.hosts().size());
    for (std::size_t i = cut; i < stream.size(); ++i) second.feed(stream[i]);
    second.dispatcher.finish();
    CHECK(second.placement() == whole.placement());
    CHECK(first.records.text + second.records.text == whole.records.text);
  }
}

TEST_CASE("An instance with as many operations as it may hold is restored with all their facts") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -kMinute, "a", "req-0"));
  machine.feed(made("live_migration.pre.start", 0, "b", "req-m"));
  for (int i = 0; i < 140; ++i) {
    const std::string request = "req-" + std::to_string(i + 1);
    machine.feed(made("power_off.start", i * 2'000 + 1'000, "a", request));
    machine.feed(made("power_off.end", i * 2'000 + 2'000, "a", request));
  }
  REQUIRE(machine.dispatcher.counts().total_ignored() > 0);  // there is no more room
  const InstanceSnapshot saved = machine.model.snapshot(*InstanceId::parse(testing::kVm));
  Machine restored(shipped_rules());
  restored.model.restore(machine.model.snapshot(), shipped_rules());
  CHECK(restored.model.restore(saved, shipped_rules()) == 0);
  CHECK(restored.placement() == machine.placement());
}

TEST_CASE("What was told of two migrations without a request is not mixed up by a restart") {
  Machine first(shipped_rules());
  first.feed(made("live_migration.post.dest.end", 0, "b", "", {{Field::payload_host, "b"}}));
  first.feed(made("live_migration.post.dest.start", kMinute, "c", ""));
  REQUIRE(first.model.migrations().size() == 2);
  Machine second(shipped_rules());
  second.restore(first);
  const Made late = made("update", kMinute - 1'000, "ctl", "req-9", {{Field::payload_host, "b"}});
  first.records.text.clear();
  first.feed(late);
  second.feed(late);
  CHECK(second.records.text == first.records.text);
}

// The resize to b ended a while before what confirms or reverts it: it is folded, and that is not.
TEST_CASE("What confirms or reverts a folded resize can still belong to another after a restart") {
  for (const std::string ending : {"resize.confirm", "resize.revert"}) {
    INFO(ending);
    Machine first(shipped_rules());
    first.feed(made("create.end", -60 * kMinute, "a", "req-0"));
    first.feed(resized("req-1", 0, "a", "b"));
    first.feed(made(ending + ".start", 50 * kMinute, "b", "req-2"));
    first.feed(made(ending + ".end", 51 * kMinute, "b", "req-2"));
    REQUIRE(first.facts_held() == 2);
    Machine second(shipped_rules());
    second.restore(first);
    CHECK(second.placement() == first.placement());

    first.records.text.clear();
    const std::vector<Made> late = resized("req-3", 40 * kMinute, "b", "c");
    first.feed(late);
    second.feed(late);
    CHECK(second.placement() == first.placement());
    CHECK(second.records.text == first.records.text);
    REQUIRE(second.model.migrations().size() == 2);
    CHECK(second.model.migrations()[0].outcome == Outcome::completed);
    CHECK_FALSE(second.model.migrations()[0].confirmed_at);
  }
}

TEST_CASE("What failed while it was built is nowhere after a restart, too") {
  const auto told = [](const char* action, int ms, const char* state) {
    return made(action, ms, "ctl", "", {{Field::state, state}});
  };
  for (const char* first : {"update", "shutdown.start", "create.start"}) {
    const std::vector<Made> stream = {told(first, 0, "building"),
                                      told("update", 20 * kMinute, "error"),
                                      told("update", 40 * kMinute, "error")};
    for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
      INFO(first << ", after " << cut << " events");
      Machine whole(shipped_rules());
      for (std::size_t i = 0; i < cut; ++i) whole.feed(stream[i]);
      Machine restored(shipped_rules());
      restored.restore(whole);
      CHECK(restored.placement() == whole.placement());
      for (std::size_t i = cut; i < stream.size(); ++i) {
        whole.feed(stream[i]);
        restored.feed(stream[i]);
      }
      CHECK(restored.placement() == whole.placement());
    }
  }
}

TEST_CASE("How often a clock has leapt survives a restart") {
  const auto leaping = [](int number, int by) {
    return made("no.such", number + by * 60 * kMinute, "ctl", "");
  };
  for (const int by : {3, -3}) {
    INFO("by " << by << " hours");
    Machine whole(shipped_rules());
    whole.feed(leaping(0, 0));
    const Time start = *whole.model.stream_time();
    int needed = 0;
    while (whole.model.stream_time() == start) whole.feed(leaping(++needed, by));
    REQUIRE(needed > 4);

    Machine first(shipped_rules());
    first.feed(leaping(0, 0));
    for (int i = 1; i <= needed / 2; ++i) first.feed(leaping(i, by));
    Machine second(shipped_rules());
    second.restore(first);
    for (int i = needed / 2 + 1; i < needed; ++i) second.feed(leaping(i, by));
    CHECK(second.model.stream_time() == start);
    second.feed(leaping(needed, by));
    CHECK(second.model.stream_time() == whole.model.stream_time());
  }
}

}  // namespace
}  // namespace vmtrail
