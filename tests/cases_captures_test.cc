// SPDX-License-Identifier: Apache-2.0
// The recorded captures, in every format and any order, against Nova's own database.

#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "tests/recorded.h"

namespace vmtrail {
namespace {

using testing::differences_from_nova;
using testing::events_of;
using testing::file_of;
using testing::files_of;
using testing::kCaptures;
using testing::Machine;
using testing::Made;
using testing::scenarios;
using testing::shipped_rules;

void check_balance(const Counts& counts) {
  CHECK(counts.events ==
        counts.applied + counts.duplicate + counts.total_ignored() + counts.total_quarantined());
}

TEST_CASE("Every capture in every format ends as Nova's database does") {
  std::size_t files = 0;
  for (const std::string& scenario : scenarios()) {
    for (const std::filesystem::path& file : files_of(scenario)) {
      INFO(file.lexically_relative(kCaptures).string());
      Machine machine(shipped_rules());
      testing::read(file, machine.dispatcher);
      machine.dispatcher.finish();
      CHECK(differences_from_nova(machine.model, scenario) == "");
      CHECK(machine.records.differences(machine.model) == "");
      CHECK(machine.dispatcher.counts().total_quarantined() == 0);
      CHECK(machine.dispatcher.counts().applied > 0);
      check_balance(machine.dispatcher.counts());
      ++files;
    }
  }
  CHECK(files >= 150);
}

TEST_CASE("Each format of a capture tells the same number of events") {
  for (const std::string& scenario : scenarios()) {
    std::set<std::uint64_t> counts;
    for (const std::filesystem::path& file : files_of(scenario)) {
      Machine machine(shipped_rules());
      testing::read(file, machine.dispatcher);
      counts.insert(machine.dispatcher.counts().events);
    }
    INFO(scenario);
    CHECK(counts.size() == 1);
  }
}

TEST_CASE("The seed capture ends on ndc27-3222 in all orders, with any line repeated") {
  std::vector<Made> events = events_of(kCaptures / "seed" / "ceilometer-collector.log");
  REQUIRE(events.size() == 3);
  std::vector<std::size_t> order = {0, 1, 2};
  std::set<std::string> placements;
  do {
    for (std::size_t repeated = 0; repeated <= 3; ++repeated) {
      for (std::size_t at = 0; at <= 3; ++at) {
        std::vector<std::size_t> arrival = order;
        if (repeated < 3)
          arrival.insert(arrival.begin() + static_cast<std::ptrdiff_t>(at), repeated);
        Machine machine(shipped_rules());
        for (const std::size_t i : arrival) machine.feed(events[i]);
        machine.dispatcher.finish();
        const InstanceAnswer vm = machine.vm();
        CHECK(vm.host == "ndc27-3222");
        CHECK(vm.confidence == Confidence::confirmed);
        CHECK(vm.vm_state == "active");
        CHECK(vm.task_state.empty());
        REQUIRE(machine.model.migrations().size() == 1);
        CHECK(machine.model.migrations()[0].source == "ndc27-3205");
        CHECK(machine.model.migrations()[0].destination == "ndc27-3222");
        CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
        CHECK(machine.dispatcher.counts().duplicate == (repeated < 3 ? 1U : 0U));
        CHECK(machine.records.differences(machine.model) == "");
        placements.insert(machine.placement());
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(placements.size() == 1);
}

TEST_CASE("A thousand random orders with copies make the same instances and migrations") {
  std::mt19937 random(20170123);
  for (const std::string& scenario : scenarios()) {
    for (const char* file :
         {"nova.bodies.jsonl", "default/http.bodies.jsonl", "zenoss/http.bodies.jsonl"}) {
      INFO(scenario << " " << file);
      const std::vector<Made> events = events_of(file_of(scenario, file));
      Machine in_order(shipped_rules());
      in_order.feed(events);
      const std::string placement = in_order.placement();
      const std::size_t copies = events.size() / 10;
      for (int trial = 0; trial < 1000; ++trial) {
        std::vector<const Made*> arrival;
        for (const Made& event : events) arrival.push_back(&event);
        for (std::size_t i = 0; i < copies; ++i)
          arrival.push_back(&events[random() % events.size()]);
        std::shuffle(arrival.begin(), arrival.end(), random);
        Machine machine(shipped_rules());
        for (const Made* event : arrival) machine.feed(*event);
        REQUIRE(machine.placement() == placement);
        REQUIRE(machine.dispatcher.counts().duplicate == copies);
        if (trial % 100 != 0) continue;
        machine.dispatcher.finish();
        REQUIRE(machine.records.differences(machine.model) == "");
      }
    }
  }
}

TEST_CASE("Scenarios mixed with each other do not disturb each other") {
  std::mt19937 random(4);
  std::vector<Made> events;
  for (const std::string& scenario : scenarios()) {
    testing::append(events, events_of(file_of(scenario, "default/http.bodies.jsonl")));
  }
  for (int trial = 0; trial < 20; ++trial) {
    std::shuffle(events.begin(), events.end(), random);
    Machine machine(shipped_rules());
    machine.feed(events);
    machine.dispatcher.finish();
    CHECK(machine.records.differences(machine.model) == "");
    std::string all;
    for (const std::string& scenario : scenarios())
      all += differences_from_nova(machine.model, scenario);
    // Each scenario's migrations are compared with those of all; the instances must agree.
    CHECK(all.find(" host is ") == std::string::npos);
    CHECK(all.find(" vm_state is ") == std::string::npos);
    CHECK(all.find(" deleted is ") == std::string::npos);
    CHECK(all.find("missing") == std::string::npos);
  }
}

TEST_CASE("What is forgotten of the history changes nothing that is answered of later times") {
  for (const std::string& scenario : scenarios()) {
    for (const auto kept : {0, 5, 60}) {
      INFO(scenario << ", history of " << kept << " s");
      Model::Options options;
      options.horizon = std::chrono::seconds{2};
      Machine all(shipped_rules(), options);
      Machine forgetful(shipped_rules(), options);
      const auto forget = [&] {
        if (const auto now = forgetful.model.stream_time()) {
          forgetful.model.forget_history(*now - std::chrono::seconds{kept}, 2);
        }
      };
      for (const Made& event : events_of(file_of(scenario, "nova.bodies.jsonl"))) {
        all.feed(event);
        forgetful.feed(event);
        forget();
      }
      const auto compare = [&] {
        REQUIRE(all.model.instances() == forgetful.model.instances());
        for (const InstanceId& id : all.model.instances()) {
          const InstanceAnswer known = *all.model.instance(id);
          const InstanceAnswer left = *forgetful.model.instance(id);
          CHECK(left.host == known.host);
          CHECK(left.confidence == known.confidence);
          CHECK(left.vm_state == known.vm_state);
          CHECK(left.task_state == known.task_state);
          CHECK(left.deleted == known.deleted);
          REQUIRE(left.timeline.size() <= known.timeline.size());
          CHECK(std::equal(left.timeline.rbegin(), left.timeline.rend(), known.timeline.rbegin()));
        }
      };
      compare();
      for (Machine* const one : {&all, &forgetful}) {
        one->dispatcher.advance(*one->model.stream_time() + std::chrono::hours{1});
      }
      for (std::size_t i = all.model.instance_count(); i > 0; --i) {
        forgetful.model.forget_history(*all.model.stream_time() + std::chrono::hours{1}, 1);
      }
      compare();
      for (const InstanceId& id : forgetful.model.instances()) {
        CHECK(forgetful.model.instance(id)->timeline.size() <= 1);  // where it is now
      }
      for (const Migration& migration : forgetful.model.migrations()) {
        CHECK_FALSE(migration.finished_at);
      }
    }
  }
}

}  // namespace
}  // namespace vmtrail
