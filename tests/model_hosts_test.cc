// SPDX-License-Identifier: Apache-2.0
// Hosts: which names are one host's, and what their services tell.

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <random>
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

// The computes name themselves with their domain, and the database without.
std::vector<Made> of_a_mixed_cloud() {
  std::vector<Made> stream = live_migration("req-1", 0, "cmp-1.example.org", "cmp-2.example.org");
  stream.push_back(made("update", kMinute, "controller", "req-2",
                        {{Field::payload_host, "cmp-2"}, {Field::publisher_service, "conductor"}}));
  append(stream, live_migration("req-3", 2 * kMinute, "CMP-2.example.org", "cmp-3.example.org"));
  return stream;
}

Model::Options short_hosts() {
  Model::Options options;
  options.short_hosts = true;
  return options;
}

TEST_CASE("A host's name with and without its domain can be joined") {
  Machine machine(shipped_rules(), short_hosts());
  machine.feed(of_a_mixed_cloud());
  machine.dispatcher.finish();
  CHECK(machine.vm().host == "cmp-3.example.org");
  CHECK(machine.vm().confidence == Confidence::confirmed);
  REQUIRE(machine.vm().timeline.size() == 2);
  CHECK(machine.vm().timeline[0].host == "cmp-2.example.org");
  CHECK(machine.model.hosts().size() == 3);
  REQUIRE(machine.model.host("cmp-3"));
  CHECK(machine.model.host("cmp-3")->instances == 1);
  CHECK(machine.model.same_host("cmp-2", "CMP-2.example.org"));
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("Unless told so, a host's name with a domain is another than that without") {
  Machine machine(shipped_rules());
  machine.feed(of_a_mixed_cloud());
  CHECK(machine.model.hosts().size() == 4);
  CHECK_FALSE(machine.model.host("cmp-3"));
  CHECK(machine.model.same_host("cmp-2.example.org", "CMP-2.example.org"));
  CHECK_FALSE(machine.model.same_host("cmp-2", "cmp-2.example.org"));
}

TEST_CASE("What is to be saved of hosts is those that have changed") {
  Machine machine(shipped_rules());
  machine.feed(live_migration("req-1", 0, "a", "b"));
  CHECK(machine.model.changed_but_instances().hosts.size() == 2);
  machine.model.mark_saved();
  CHECK(machine.model.changed_but_instances().hosts.empty());
  machine.feed(live_migration("req-2", kMinute, "b", "c"));
  REQUIRE(machine.model.changed_but_instances().hosts.size() == 1);
  CHECK(machine.model.changed_but_instances().hosts[0].name == "c");
  CHECK(machine.model.snapshot().hosts.size() == 3);
}

TEST_CASE("Addresses that begin alike are not joined") {
  Machine machine(shipped_rules(), short_hosts());
  machine.feed(live_migration("req-1", 0, "10.0.0.5", "10.0.0.6"));
  CHECK(machine.vm().host == "10.0.0.6");
  CHECK(machine.model.hosts().size() == 2);
  CHECK_FALSE(machine.model.same_host("10.0.0.5", "10.0.0.6"));
  CHECK(machine.model.same_host("cmp-1", "cmp-1.a"));
}

// ---- status

Made service(int ms, HostStatus status, const char* binary = "nova-compute") {
  Made event = made("", ms, "ctl", "");
  event.message_id = "service@" + std::to_string(ms);
  event.event_type = "service.update";
  event.fields[Field::payload_host] = "compute01";
  event.fields[Field::binary] = binary;
  event.fields[Field::disabled] = status == HostStatus::up ? "false" : "true";
  event.fields[Field::forced_down] = status == HostStatus::down ? "true" : "false";
  return event;
}

Time at_ms(int ms) {
  return testing::kStart + std::chrono::milliseconds{ms};
}

TEST_CASE(
    "A host is what its newest service event says, since the first that said so, in any order") {
  using enum HostStatus;
  const std::vector<HostStatus> told = {up, disabled, down, down, disabled, down, down, down};
  std::vector<Made> events;
  for (std::size_t i = 0; i < told.size(); ++i) {
    events.push_back(service(static_cast<int>(i) * 1000, told[i]));
  }
  std::mt19937 random(2);
  for (int trial = 0; trial < 30; ++trial) {
    std::shuffle(events.begin(), events.end(), random);
    Machine live(shipped_rules());
    live.feed(events);
    CHECK(live.dispatcher.counts().applied == told.size());
    Machine restored(shipped_rules());
    restored.restore(live);
    restored.model.restore(live.model.snapshot(), shipped_rules());  // as two rows of one host
    CHECK(restored.model.snapshot().hosts[0].statuses.size() == told.size());
    for (const Machine* const machine : {&live, &restored}) {
      const auto host = machine->model.host("COMPUTE01");
      REQUIRE(host);
      CHECK(host->status == down);
      CHECK(host->since == at_ms(5000));
      CHECK(host->out_since == at_ms(1000));
      CHECK_FALSE(machine->model.host_status("compute01", at_ms(-1)));
      for (std::size_t i = 0; i < told.size(); ++i) {
        CHECK(machine->model.host_status("compute01", at_ms(static_cast<int>(i) * 1000 + 500)) ==
              told[i]);
      }
    }
  }
}

TEST_CASE("However often a service reports, what it is and since when is kept in a bounded room") {
  Machine machine(shipped_rules());
  machine.feed(service(0, HostStatus::up));
  for (int i = 1; i <= 1000; ++i) machine.feed(service(i * 1000, HostStatus::down));
  CHECK(machine.model.host("compute01")->since == at_ms(1000));
  CHECK(machine.model.host_status("compute01", at_ms(500)) == HostStatus::up);
  for (int i = 1001; i <= 2000; ++i) {
    machine.feed(service(i * 1000, i % 2 == 0 ? HostStatus::up : HostStatus::disabled));
  }
  CHECK(machine.model.host("compute01")->status == HostStatus::up);
  CHECK(machine.model.host("compute01")->since == at_ms(2'000'000));
  CHECK_FALSE(machine.model.host("compute01")->out_since);
  const auto hosts = machine.model.snapshot().hosts;
  REQUIRE(hosts.size() == 1);
  CHECK(hosts[0].statuses.size() == 64);
}

TEST_CASE("Other binaries than nova-compute say nothing of a host") {
  Machine machine(shipped_rules());
  machine.feed(service(0, HostStatus::down, "nova-scheduler"));
  CHECK(machine.model.host_count() == 0);
}

}  // namespace
}  // namespace vmtrail
