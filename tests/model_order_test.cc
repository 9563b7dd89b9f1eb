// SPDX-License-Identifier: Apache-2.0
// The model is a function of the set of facts, not of their arrival.

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::append;
using testing::live_migration;
using testing::Machine;
using testing::Made;
using testing::made;
using testing::shipped_rules;

std::vector<Made> shuffled(std::vector<Made> stream, std::mt19937& random) {
  std::shuffle(stream.begin(), stream.end(), random);
  return stream;
}

TEST_CASE("A live migration ends on its destination in each of its 720 orders") {
  const std::vector<Made> stream = live_migration("req-1", 0, "src", "dst");
  std::vector<std::size_t> order(stream.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::optional<std::string> placement;
  do {
    Machine machine(shipped_rules());
    for (const std::size_t i : order) machine.feed(stream[i]);
    CHECK(machine.vm().host == "dst");
    CHECK(machine.vm().confidence == Confidence::confirmed);
    REQUIRE(machine.model.migrations().size() == 1);
    CHECK(machine.model.migrations()[0].source == "src");
    CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
    if (!placement) placement = machine.placement();
    CHECK(machine.placement() == *placement);
    machine.dispatcher.finish();
    CHECK(machine.records.differences(machine.model) == "");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("The source's last word of the first migration changes nothing during the second") {
  std::vector<Made> stream = live_migration("req-1", 0, "a", "b");
  const Made straggler = stream.back();
  stream.pop_back();
  append(stream, live_migration("req-2", 1500, "b", "a"));
  for (std::size_t at = 5; at <= stream.size(); ++at) {
    Machine machine(shipped_rules());
    for (std::size_t i = 0; i < stream.size(); ++i) {
      if (i == at) {
        const std::string before(machine.vm().host);
        machine.feed(straggler);
        CHECK(machine.vm().host == before);
      }
      machine.feed(stream[i]);
    }
    if (at == stream.size()) machine.feed(straggler);
    CHECK(machine.vm().host == "a");
    CHECK(machine.vm().timeline.size() == 2);
  }
}

TEST_CASE("Chains of migrations end where they lead, in any order and with copies") {
  std::mt19937 random(7);
  for (const auto& hosts : std::vector<std::vector<std::string>>{
           {"a", "b", "c"}, {"a", "b", "a"}, {"a", "b", "c", "d", "a"}}) {
    std::vector<Made> stream;
    for (std::size_t i = 0; i + 1 < hosts.size(); ++i) {
      append(stream, live_migration("req-" + std::to_string(i), static_cast<int>(i) * 1200,
                                    hosts[i], hosts[i + 1]));
    }
    for (int trial = 0; trial < 300; ++trial) {
      Machine machine(shipped_rules());
      std::vector<Made> arrival = stream;
      arrival.push_back(stream[random() % stream.size()]);
      machine.feed(shuffled(std::move(arrival), random));
      CHECK(machine.vm().host == hosts.back());
      CHECK(machine.model.migrations().size() == hosts.size() - 1);
      CHECK(machine.dispatcher.counts().duplicate == 1);
      machine.dispatcher.finish();
      CHECK(machine.records.differences(machine.model) == "");
    }
  }
}

TEST_CASE("Clocks that are two seconds apart do not mislead") {
  std::mt19937 random(11);
  std::uniform_int_distribution<int> skew(-2000, 2000);
  for (int trial = 0; trial < 300; ++trial) {
    const std::vector<std::string> hosts{"a", "b", "c", "a"};
    std::map<std::string, int> clock;
    for (const std::string& host : hosts) clock.try_emplace(host, skew(random));
    std::vector<Made> stream;
    Made boot = made("create.end", -3'600'000, "a", "req-boot", {{Field::task_state, ""}});
    stream.push_back(boot);
    for (std::size_t i = 0; i + 1 < hosts.size(); ++i) {
      append(stream, live_migration("req-" + std::to_string(i), static_cast<int>(i) * 1500,
                                    hosts[i], hosts[i + 1]));
    }
    for (Made& event : stream) {
      event.generated += std::chrono::milliseconds{clock[event.fields[Field::publisher_host]]};
    }
    Machine machine(shipped_rules());
    machine.feed(shuffled(stream, random));
    CHECK(machine.vm().host == "a");
  }
}

// Facts of every rule, with hosts, states, requests and times at random: nothing that Nova would
// send, but the property holds for any set.
std::vector<Made> random_facts(std::mt19937& random, std::size_t count) {
  // Crowded within the clock tolerance, about it, or mostly further apart.
  const unsigned spans[] = {3'000, 30'000, 300'000};
  const unsigned span = spans[random() % 3];
  const auto pick = [&](const auto& from) { return from[random() % std::size(from)]; };
  const char* const hosts[] = {"a", "b", "B", "c"};
  const char* const states[] = {"active",  "stopped", "error", "building", "shelved_offloaded",
                                "resized", "deleted"};
  const char* const tasks[] = {"", "migrating", "resize_finish", "spawning"};
  const char* const requests[] = {"req-1", "req-2", "req-3", "req-4", ""};
  std::vector<Made> facts;
  for (std::size_t i = 0; i < count; ++i) {
    const auto rules = shipped_rules().rules();
    const Rule& rule = rules[random() % rules.size()];
    if (rule.about == About::host) continue;
    Made fact;
    fact.message_id = "fact-" + std::to_string(i);
    fact.event_type = rule.events[random() % rule.events.size()];
    // No two at the same instant: migrations without a request are told apart by their time.
    fact.generated =
        testing::kStart + std::chrono::milliseconds{random() % span} + std::chrono::microseconds{i};
    fact.fields[Field::instance_id] = testing::kVm;
    fact.fields[Field::publisher_service] = random() % 5 == 0 ? "conductor" : "compute";
    fact.fields[Field::publisher_host] = pick(hosts);
    // Deletion is final: with it in every tenth fact hardly anything else would be tested.
    fact.fields[Field::state] = states[random() % (random() % 10 == 0 ? 7 : 6)];
    if (random() % 2 == 0) fact.fields[Field::payload_host] = random() % 6 == 0 ? "" : pick(hosts);
    if (random() % 2 == 0) fact.fields[Field::task_state] = pick(tasks);
    if (random() % 4 == 0) fact.fields[Field::old_state] = pick(states);
    if (random() % 3 == 0) fact.fields[Field::flavor] = random() % 2 == 0 ? "small" : "large";
    if (random() % 8 == 0) fact.fields[Field::deleted_at] = "2026-11-22T12:00:00";
    if (const std::string request = pick(requests); !request.empty()) {
      fact.fields[Field::request_id] = request;
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

TEST_CASE("Random facts make the same model in any order, and the records add up to it") {
  std::mt19937 random(3);
  for (int trial = 0; trial < 3000; ++trial) {
    const std::vector<Made> facts = random_facts(random, 1 + random() % 12);
    Machine in_time(shipped_rules());
    std::vector<Made> sorted = facts;
    std::sort(sorted.begin(), sorted.end(),
              [](const Made& a, const Made& b) { return a.generated < b.generated; });
    in_time.feed(sorted);
    Machine in_disorder(shipped_rules());
    in_disorder.feed(shuffled(facts, random));
    INFO("trial " << trial);
    REQUIRE(in_time.placement() == in_disorder.placement());
    in_time.dispatcher.finish();
    in_disorder.dispatcher.finish();
    REQUIRE(in_time.placement() == in_disorder.placement());
    REQUIRE(in_time.records.differences(in_time.model) == "");
    REQUIRE(in_disorder.records.differences(in_disorder.model) == "");
  }
}

TEST_CASE("Far more operations than any instance has cost neither the answer nor the machine") {
  Machine machine(shipped_rules());
  for (int i = 0; i < 3000; ++i) {
    machine.feed(made("power_off.end", i % 7, "a", "req-" + std::to_string(i)));
    machine.feed(made("power_on.end", i % 5, "b", "req-" + std::to_string(i + 5000)));
  }
  CHECK(machine.dispatcher.counts().events == 6000);
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("A resize that failed in its preparation leads nowhere") {
  std::vector<Made> stream = {
      made("create.end", -3'600'000, "a", "req-0"), made("resize.prep.start", 0, "b", "req-1"),
      made("resize.error", 1000, "b", "req-1"), made("resize.prep.end", 1100, "b", "req-1")};
  testing::append(stream, testing::live_migration("req-2", 3000, "a", "c"));
  Machine machine(shipped_rules());
  machine.feed(stream);
  CHECK(machine.vm().host == "c");
  REQUIRE(machine.model.migrations().size() == 2);
  CHECK(machine.model.migrations()[0].source == "a");
  CHECK(machine.model.migrations()[0].destination == "b");
  CHECK(machine.model.migrations()[1].source == "a");
}

TEST_CASE("An operation without end takes a bounded number of facts and counts the rest") {
  Machine machine(shipped_rules());
  for (int i = 0; i < 5000; ++i) {
    Made update = made("update", i * 10, "ctl", "req-1", {{Field::task_state, "migrating"}});
    update.fields[Field::display_name] = "name " + std::to_string(i);  // so that no two are alike
    machine.feed(update);
  }
  const Counts& counts = machine.dispatcher.counts();
  CHECK(counts.applied == kMaxFacts);
  CHECK(counts.ignored[static_cast<std::size_t>(ErrorCode::too_many_facts)] == 5000 - kMaxFacts);
}

TEST_CASE("Updates that differ in their times alone may come in any order, however many") {
  std::mt19937 random(5);
  std::vector<Made> stream = {made("resize.prep.start", 0, "b", "req-1")};
  for (int i = 1; i <= 60; ++i) {
    Made update = made("update", i * 1'000, "ctl", "req-1", {{Field::task_state, "resize_prep"}});
    update.fields[Field::display_name] = "name " + std::to_string(i);  // so that no two are alike
    stream.push_back(std::move(update));
  }
  for (int i = 61; i <= 90; ++i) {
    stream.push_back(made("update", i * 1'000, "ctl", "req-1", {{Field::task_state, ""}}));
  }
  Machine in_order(shipped_rules());
  in_order.feed(made("create.end", -3'600'000, "a", "req-0"));
  in_order.feed(stream);
  for (int trial = 0; trial < 20; ++trial) {
    Machine machine(shipped_rules());
    machine.feed(made("create.end", -3'600'000, "a", "req-0"));
    machine.feed(shuffled(stream, random));
    CHECK(machine.placement() == in_order.placement());
  }
}

TEST_CASE("An update between two facts of an offloaded instance counts though it comes last") {
  const auto with_state = [](Made event, std::string state) {
    event.fields[Field::state] = std::move(state);
    return event;
  };
  const Made boot = made("create.end", -3'600'000, "a", "req-0");
  const Made start = with_state(made("power_on.start", 0, "a", "req-1"), "shelved_offloaded");
  const Made update = made("update", 1'000, "ctl", "req-1",
                           {{Field::task_state, ""}, {Field::publisher_service, "api"}});
  const Made error = with_state(
      made("reboot.error", 2'000, "ctl", "req-1", {{Field::publisher_service, "conductor"}}),
      "shelved_offloaded");
  const Made end =
      made("power_on.end", 3'000, "ctl", "req-1", {{Field::publisher_service, "conductor"}});
  Machine in_order(shipped_rules());
  in_order.feed({boot, start, update, error, end});
  Machine in_disorder(shipped_rules());
  in_disorder.feed({boot, start, error, end, update});
  CHECK(in_disorder.placement() == in_order.placement());
}

}  // namespace
}  // namespace vmtrail
