// SPDX-License-Identifier: Apache-2.0
// Events that name a request but no instance, and what clocks must differ by.

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using namespace testing;

// One row of each kind that the tests need, whatever the shipped table has.
constexpr std::string_view kRules = R"(version: 1
rules:
- {id: booted, events: [booted], operation: boot, phase: end, host: [publisher], rank: 90, writes: [vm_state], why: w}
- {id: begun, events: [begun], operation: resize, phase: start, destination: [publisher], rank: 20, causal: true, why: w}
- {id: copying, events: [copying], operation: resize, phase: copying, source: [publisher], rank: 40, causal: true, why: w}
- {id: done, events: [done], operation: resize, phase: finished, host: [publisher], destination: [publisher], rank: 90, causal: true, why: w}
- {id: broke, events: [finish_resize], phase: raised, about: request, rank: 85, why: w}
)";

const RuleSet& rules() {
  static const RuleSet parsed = *RuleSet::parse(kRules, "test.yaml");
  return parsed;
}

Made event(std::string type, int ms, std::string publisher, std::string request) {
  Made result = made(type, ms, std::move(publisher), std::move(request));
  result.event_type = std::move(type);
  return result;
}

Made broke(int ms) {
  Made result = event("finish_resize", ms, "b", "req-1");
  result.fields.erase(Field::instance_id);
  return result;
}

std::vector<Made> resize() {
  return {event("booted", -60'000, "a", "req-0"), event("begun", 0, "b", "req-1"),
          event("copying", 1'000, "a", "req-1")};
}

TEST_CASE("An error that names only the request fails its migration, whenever it comes") {
  std::vector<Made> stream = resize();
  stream.push_back(broke(2'000));
  std::sort(stream.begin(), stream.end(),
            [](const Made& a, const Made& b) { return a.message_id < b.message_id; });
  std::string expected;
  do {
    Machine machine(rules());
    machine.feed(stream);
    machine.feed(broke(2'000));
    CHECK(machine.dispatcher.counts().duplicate == 1);
    CHECK(machine.dispatcher.counts().applied == 4);
    REQUIRE(machine.model.migrations().size() == 1);
    CHECK(machine.model.migrations()[0].outcome == Outcome::failed);
    CHECK(machine.records.differences(machine.model) == "");
    if (expected.empty()) expected = machine.placement();
    CHECK(machine.placement() == expected);
  } while (std::next_permutation(stream.begin(), stream.end(), [](const Made& a, const Made& b) {
    return a.message_id < b.message_id;
  }));
}

TEST_CASE("The record of a failed migration names the method that raised an exception") {
  Machine machine(rules());
  machine.feed(resize());
  machine.feed(broke(2'000));
  CHECK(machine.records.text.find("failed (finish_resize raised an exception)") !=
        std::string::npos);
}

TEST_CASE("An operation that ended well is not failed by an exception in it") {
  Machine machine(rules());
  machine.feed(resize());
  machine.feed(broke(2'000));
  machine.feed(event("done", 3'000, "b", "req-1"));
  CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
  CHECK(machine.vm().host == "b");
}

TEST_CASE("An error whose instance is never heard of is forgotten after a horizon") {
  Machine machine(rules());
  machine.feed(broke(2'000));
  CHECK(machine.model.snapshot().loose_facts.size() == 1);
  machine.feed(event("booted", 3'600'000, "a", "req-7"));
  CHECK(machine.model.snapshot().loose_facts.empty());
}

TEST_CASE("An error that comes before a quiet stream goes on is not forgotten") {
  Machine machine(rules());
  machine.feed(event("booted", 0, "a", "req-0"));
  // The first seven of two hours later do not move the stream's time; the error is one of them.
  constexpr int kLater = 7'200'000;
  machine.feed(broke(kLater));
  for (int i = 1; i < 12; ++i) {
    machine.feed(made("update", kLater + i, "x", "",
                      {{Field::instance_id, "00000000-0000-4000-8000-000000000009"}}));
  }
  machine.feed(event("begun", kLater - 1'000, "b", "req-1"));
  REQUIRE(machine.model.migrations().size() == 1);
  CHECK(machine.model.migrations()[0].outcome == Outcome::failed);
}

TEST_CASE("Errors without instances are bounded") {
  Machine machine(rules());
  for (int i = 0; i < 5'000; ++i) {
    Made error = event("finish_resize", i, "b", "req-" + std::to_string(i));
    error.fields.erase(Field::instance_id);
    machine.feed(error);
  }
  CHECK(machine.model.snapshot().loose_facts.size() == 4'096);
}

TEST_CASE("A waiting error survives being saved and restored, and so do the clocks' differences") {
  Machine first(rules());
  first.feed(broke(2'000));
  first.feed({event("begun", 9'000, "x", "req-5"), event("copying", 7'500, "y", "req-5")});
  Machine second(rules());
  second.restore(first);
  second.feed(resize());
  const std::vector<Migration> migrations = second.model.migrations();
  REQUIRE(migrations.size() == 2);
  CHECK(migrations[0].outcome == Outcome::failed);
  REQUIRE(second.model.clock_skews().size() == 1);
  CHECK(second.model.clock_skews()[0].ahead == "x");
}

TEST_CASE("What must have come first but shows the later time tells how far clocks are apart") {
  Machine machine(rules());
  machine.feed({event("begun", 0, "B", "req-1"), event("copying", -1'500, "a", "req-1"),
                event("done", 4'000, "b", "req-1")});
  machine.feed({event("begun", 100'000, "b", "req-2"), event("copying", 99'000, "a", "req-2")});
  const std::vector<ClockSkew> skews = machine.model.clock_skews();
  REQUIRE(skews.size() == 1);
  CHECK(skews[0].ahead == "b");
  CHECK(skews[0].behind == "a");
  CHECK(skews[0].at_least == std::chrono::milliseconds{1'500});
}

TEST_CASE("Clocks that agree with the order of causes show no difference, in any order") {
  std::vector<Made> stream = resize();
  std::reverse(stream.begin(), stream.end());
  Machine machine(rules());
  machine.feed(stream);
  CHECK(machine.model.clock_skews().empty());
}

TEST_CASE("A copy of what names only the request is one when its operation is folded") {
  Machine machine(rules());
  machine.feed(resize());
  machine.feed(broke(2'000));
  machine.feed(event("done", 3'000, "b", "req-1"));
  machine.feed(event("begun", 16 * 60'000, "b", "req-2"));  // folds what was before
  machine.feed(broke(2'000));
  CHECK(machine.dispatcher.counts().applied == 6);
  CHECK(machine.dispatcher.counts().duplicate == 1);
}

TEST_CASE("What waits for other requests does not tell whether history was corrected") {
  Machine alone(rules());
  Machine among_others(rules());
  for (int i = 0; i < 500; ++i) {
    Made other = event("finish_resize", -30'000 + i, "z", "req-of-another-" + std::to_string(i));
    other.fields.erase(Field::instance_id);
    among_others.feed(other);
  }
  std::vector<Made> stream = resize();
  stream.push_back(event("done", 500, "b", "req-1"));  // by a clock that is behind
  stream.push_back(event("booted", 2'000, "c", "req-3"));
  for (Machine* const machine : {&alone, &among_others}) machine->feed(stream);
  CHECK(among_others.records.types == alone.records.types);
}

}  // namespace
}  // namespace vmtrail
