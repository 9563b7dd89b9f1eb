// SPDX-License-Identifier: Apache-2.0
// Stores of earlier versions. fixtures/stores/schema2.sql holds what the program of schema 2 made
// of the first 60 notifications of live_migration, with a horizon of 3 s, so that some is folded.

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "io/store.h"
#include "tests/recorded.h"
#include "tests/scratch.h"
#include "tests/sql.h"

namespace vmtrail {
namespace {

using testing::execute;
using testing::Machine;
using testing::Scratch;
using testing::shipped_rules;

constexpr std::size_t kTaken = 60;

// What version 1 lacked, and how it had its rules.
const std::string kTo1 =
    "DROP TABLE awaited; DROP TABLE rules;"
    "CREATE TABLE rules (file TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "UPDATE meta SET value = 1 WHERE key = 'schema'";
const std::string kToFirst1 =
    "DROP TABLE awaited; DROP TABLE rules; DROP TABLE trail; DROP TABLE loose_facts;"
    "DROP TABLE clock_skews; UPDATE meta SET value = 1 WHERE key = 'schema'";

// What version 4 has more than version 3.
const std::string kTo3 =
    "ALTER TABLE migrations DROP COLUMN base_outcome;"
    "ALTER TABLE migrations DROP COLUMN base_confirmed_at; DROP TABLE hosts;"
    "CREATE TABLE hosts (name TEXT PRIMARY KEY, status TEXT NOT NULL, told_at INTEGER,"
    " told_by TEXT) WITHOUT ROWID; UPDATE meta SET value = 3 WHERE key = 'schema'";
const std::string kOldHosts =
    "INSERT INTO hosts VALUES ('compute9', 'down', 1000000, 'm-1'), ('compute8', 'up', NULL, '')";

void make_schema_2(const std::string& directory) {
  std::filesystem::create_directories(directory);
  std::ifstream file(std::string(VMTRAIL_FIXTURES) + "/stores/schema2.sql");
  execute(directory, {std::istreambuf_iterator<char>(file), {}});
}

void check_old_hosts(const Model& model) {
  const auto down = model.host("compute9");
  REQUIRE(down);
  CHECK(down->status == HostStatus::down);
  CHECK(down->since == Time{std::chrono::seconds{1}});
  const auto silent = model.host("compute8");
  REQUIRE(silent);
  CHECK(silent->status == HostStatus::up);
  CHECK_FALSE(silent->since);
}

TEST_CASE("A store of an older version is brought up to date, and goes on as if nothing had been") {
  const auto events = testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  Model::Options options;
  options.horizon = std::chrono::seconds{3};
  options.trail = 32;
  Machine whole(shipped_rules(), options);
  whole.feed(events);
  for (const std::string& back : {std::string(), kTo1, kToFirst1}) {
    INFO(back);
    const Scratch scratch;
    make_schema_2(scratch.path());
    execute(scratch.path(), back);
    execute(scratch.path(), kOldHosts);
    // Only who may write brings it up to date.
    const auto refused = Store::open(scratch.path(), Store::Access::read);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().detail, Catch::Contains("made by an older version"));

    auto store = Store::open(scratch.path(), Store::Access::create);
    REQUIRE(store);
    Machine machine(shipped_rules(), options);
    REQUIRE(store->load(machine.model, shipped_rules()));
    check_old_hosts(machine.model);
    for (const InstanceId& id : machine.model.instances()) {
      const auto trail = store->trail(id);
      REQUIRE(trail);
      CHECK(trail->empty() == (back == kToFirst1));
    }
    machine.feed(events);
    // What it had taken already it knows.
    CHECK(machine.placement() == whole.placement());
    CHECK(store->contains(MessageId(events[0].message_id), events[0].generated));
    CHECK(store->records(Sequence{0}, 1000)->size() == 51);
    REQUIRE(store->save(machine.model));
    REQUIRE(store->commit());
  }
}

TEST_CASE("A store of version 3 is brought up to date, and goes on as if nothing had been") {
  const auto events = testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  Machine whole(shipped_rules());
  whole.feed(events);
  const Scratch scratch;
  {
    auto store = Store::open(scratch.path(), Store::Access::create);
    REQUIRE(store);
    Machine machine(shipped_rules());
    machine.feed({events.begin(), events.begin() + kTaken});
    REQUIRE(store->save(machine.model));
    REQUIRE(store->commit());
  }
  execute(scratch.path(), kTo3);
  execute(scratch.path(), kOldHosts);
  auto store = Store::open(scratch.path(), Store::Access::create);
  REQUIRE(store);
  Machine machine(shipped_rules());
  REQUIRE(store->load(machine.model, shipped_rules()));
  check_old_hosts(machine.model);
  machine.feed({events.begin() + kTaken, events.end()});
  CHECK(machine.placement() == whole.placement());
  REQUIRE(store->save(machine.model));
  REQUIRE(store->commit());
}

TEST_CASE("An upgrade that fails leaves the older store as it was") {
  const Scratch scratch;
  make_schema_2(scratch.path());
  execute(scratch.path(), "CREATE TABLE old_facts (x); CREATE TABLE old_records (x)");
  REQUIRE_FALSE(Store::open(scratch.path(), Store::Access::create));
  execute(scratch.path(), "DROP TABLE old_facts; DROP TABLE old_records");
  auto store = Store::open(scratch.path(), Store::Access::create);
  REQUIRE(store);
  CHECK(store->records(Sequence{0}, 1000)->size() == 51);
}

}  // namespace
}  // namespace vmtrail
