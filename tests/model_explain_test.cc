// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using namespace testing;

const InstanceId kId = *InstanceId::parse(kVm);

std::vector<FactAnswer> explained(const Machine& machine) {
  return machine.model.explain(kId, {}, machine.rules);
}

std::string verdict_of(const std::vector<FactAnswer>& facts, std::string_view event_type) {
  for (const FactAnswer& fact : facts) {
    if (fact.event_type == "compute.instance." + std::string(event_type)) {
      return std::string(name(fact.verdict));
    }
  }
  return "none";
}

std::vector<Made> two_hops() {
  std::vector<Made> stream = {made("create.end", -60'000, "a", "req-boot")};
  append(stream, live_migration("req-1", 0, "a", "b"));
  append(stream, live_migration("req-2", 60'000, "b", "c"));
  return stream;
}

TEST_CASE("Each fact is explained in the order of the model, whatever the order of arrival") {
  std::vector<Made> stream = two_hops();
  Machine in_order(shipped_rules());
  in_order.feed(stream);
  std::string expected;
  for (const FactAnswer& fact : explained(in_order)) append_json(expected, fact);

  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    std::shuffle(stream.begin(), stream.end(), random);
    Machine shuffled(shipped_rules());
    shuffled.feed(stream);
    std::string actual;
    for (const FactAnswer& fact : explained(shuffled)) append_json(actual, fact);
    REQUIRE(actual == expected);
  }

  const std::vector<FactAnswer> facts = explained(in_order);
  REQUIRE(facts.size() == 13);
  CHECK(facts.front().event_type == "compute.instance.create.end");
  CHECK(name(facts.front().verdict) == "superseded");
  CHECK(facts.front().reason.find("It named a; ") == 0);
  CHECK(facts[5].reason.find("It named b; ") == 0);  // the end of the first hop
  CHECK(facts.back().event_type == "compute.instance.live_migration._post.end");
  CHECK(name(facts.back().verdict) == "not_an_authority");
  const auto decided = std::find_if(facts.begin(), facts.end(), [](const FactAnswer& fact) {
    return fact.verdict == FactVerdict::decided;
  });
  REQUIRE(decided != facts.end());
  CHECK(decided->rule == "live_migration.post.dest.end");
  CHECK(decided->publisher == "compute.c");
  CHECK(decided->at.find("rules/nova.yaml:") == 0);
  CHECK(decided->message_id == in_order.vm().decided_by->message_id.to_string());
  CHECK(decided->reason.find(shipped_rules().find(decided->rule)->why) != std::string::npos);
}

TEST_CASE("The verdict says why a word on the host did not count") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -60'000, "a", "req-boot"));
  machine.feed(made("evacuate", 0, "api", "req-1", {{Field::payload_host, "a"}}));
  machine.feed(made("rebuild.start", 1'000, "b", "req-1", {{Field::payload_host, "a"}}));
  machine.feed(made("power_off.end", 2'000, "b", "req-1", {{Field::payload_host, "a"}}));
  machine.feed(made("rebuild.end", 3'000, "b", "req-1", {{Field::payload_host, "a"}}));
  machine.feed(made("volume.attach", 2'500, "a", "req-2"));
  machine.feed(made("reboot.end", 20'000, "b", "req-3"));
  const std::vector<FactAnswer> facts = explained(machine);
  CHECK(verdict_of(facts, "power_off.end") == "not_an_authority");
  CHECK(verdict_of(facts, "rebuild.end") == "decided");
  CHECK(verdict_of(facts, "volume.attach") != "confirmed");
  CHECK(verdict_of(facts, "reboot.end") == "confirmed");
}

TEST_CASE("What is implied is said to be implied, and a deletion to be one") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -60'000, "a", "req-boot"));
  std::vector<Made> migration = live_migration("req-1", 0, "a", "b");
  migration.erase(migration.begin() + 4);  // the end of the destination is lost
  machine.feed(migration);
  std::vector<FactAnswer> facts = explained(machine);
  CHECK(facts.back().verdict == FactVerdict::decided);
  CHECK(facts.back().reason.find("implies b") != std::string::npos);

  machine.feed(made("delete.end", 60'000, "b", "req-3",
                    {{Field::state, "deleted"}, {Field::deleted_at, "2017-01-23T06:23:00"}}));
  machine.feed(made("update", 61'000, "ctl", "req-4", {{Field::payload_host, "b"}}));
  facts = explained(machine);
  CHECK(verdict_of(facts, "delete.end") == "decided");
  CHECK(verdict_of(facts, "update") == "superseded");  // it is put before the deletion
}

TEST_CASE("Copies and latecomers are explained too, and what is folded is handed on when saved") {
  Model::Options options;
  options.trail = 32;
  Machine machine(shipped_rules(), options);
  std::vector<Made> stream = two_hops();
  machine.feed(stream);
  machine.feed(stream[3]);
  // Half an hour later all that is folded.
  machine.feed(made("reboot.end", 1'860'000, "c", "req-9"));
  machine.feed(made("power_off.end", 61'000, "b", "req-8"));

  std::vector<TrailSnapshot> stored = machine.model.snapshot(kId).trail;
  CHECK(stored.size() == 15);
  machine.model.mark_saved();
  CHECK(machine.model.snapshot(kId).trail.empty());

  const std::vector<FactAnswer> facts = machine.model.explain(kId, stored, shipped_rules());
  REQUIRE(facts.size() == 16);
  std::map<FactVerdict, int> count;
  std::set<std::string> taken;
  for (const FactAnswer& fact : facts) {
    ++count[fact.verdict];
    if (fact.verdict != FactVerdict::duplicate) taken.insert(fact.message_id);
  }
  CHECK(taken.size() == 15);
  CHECK(count[FactVerdict::decided] == 1);
  CHECK(count[FactVerdict::duplicate] == 1);
  CHECK(count[FactVerdict::too_late] == 1);
  CHECK(facts[facts.size() - 2].verdict == FactVerdict::duplicate);
  CHECK(facts.back().verdict == FactVerdict::too_late);
}

TEST_CASE("However much is folded between two saves, the last and the deciding facts are kept") {
  Model::Options options;
  options.trail = 8;
  Machine machine(shipped_rules(), options);
  machine.feed(made("create.end", 0, "a", "req-boot"));
  for (int i = 1; i <= 200; ++i) {
    machine.feed(made("reboot.end", i * 3'600'000, "a", "req-" + std::to_string(i)));
  }
  const std::vector<TrailSnapshot> stored = machine.model.snapshot(kId).trail;
  CHECK(stored.size() <= 4 * options.trail + 1);
  const std::vector<FactAnswer> facts = machine.model.explain(kId, stored, shipped_rules());
  CHECK(verdict_of(facts, "create.end") == "decided");
  CHECK(facts.back().generated == kStart + std::chrono::hours{200});
}

TEST_CASE("Who only repeats what is known is explained, and nothing is changed by that") {
  constexpr int kHour = 3'600'000;
  Machine asked(shipped_rules());
  Machine left_alone(shipped_rules());
  for (Machine* const machine : {&asked, &left_alone}) {
    machine->feed(made("create.end", 0, "a", "req-boot"));
  }
  for (int hour = 1; hour < 5; ++hour) {
    for (Machine* const machine : {&asked, &left_alone}) {
      machine->feed(made("exists", hour * kHour, "a", "audit-" + std::to_string(hour)));
    }
    const InstanceSnapshot before = asked.model.snapshot(kId);
    REQUIRE(before.facts.size() == 1);
    const std::vector<FactAnswer> facts = explained(asked);
    REQUIRE(facts.size() == 1);
    CHECK(facts.front().event_type == "compute.instance.exists");
    CHECK(name(facts.front().verdict) == "not_an_authority");  // an audit names no host
    CHECK(asked.model.snapshot(kId).base.effective == before.base.effective);
  }
  // Beside a fact that waits for its operation to be over, a late one, and a move.
  std::vector<Made> rest = {made("exists", 5 * kHour, "a", "audit-5"),
                            made("reboot.end", 5 * kHour - 60'000, "a", "req-5")};
  append(rest, live_migration("req-6", 6 * kHour, "a", "b"));
  for (const Made& event : rest) {
    asked.feed(event);
    left_alone.feed(event);
    CHECK_FALSE(explained(asked).empty());
    REQUIRE(asked.placement() == left_alone.placement());
  }
  CHECK(asked.vm().host == "b");
}

TEST_CASE("Nobody is explained who is not known") {
  Machine machine(shipped_rules());
  CHECK(explained(machine).empty());
}

}  // namespace
}  // namespace vmtrail
