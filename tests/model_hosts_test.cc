// SPDX-License-Identifier: Apache-2.0
// Names of hosts: which of them are one host's.

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace vmtrail
