// SPDX-License-Identifier: Apache-2.0

#include <sqlite3.h>

#include <catch2/catch.hpp>

#include <algorithm>

#include "io/store_reader.h"
#include "tests/asked.h"
#include "tests/recorded.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::Made;
using testing::Scratch;
using testing::shipped_rules;
using Json = nlohmann::json;

std::uint64_t number(Sequence sequence) {
  return static_cast<std::uint64_t>(sequence);
}

// Writes a model with its records and messages, as replay does.
void store(const std::string& directory, Machine& machine, const std::vector<Made>& events) {
  auto store = Store::open(directory, Store::Access::create);
  REQUIRE(store);
  for (const Made& event : events) {
    REQUIRE(store->add_message(MessageId(event.message_id), event.generated));
  }
  std::istringstream records(machine.records.text);
  std::uint64_t sequence = 0;
  for (std::string line; std::getline(records, line);) {
    REQUIRE(store->add_record(Sequence{++sequence}, line));
  }
  REQUIRE(store->save(machine.model));
  REQUIRE(store->commit());
}

void remove_records(const std::string& directory, int up_to) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((directory + "/vmtrail.db").c_str(), &database) == SQLITE_OK);
  const std::string sql = "DELETE FROM records WHERE sequence <= " + std::to_string(up_to);
  REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

TEST_CASE("Changes are read in pages without a gap, and told to be gone where they are") {
  const Scratch scratch;
  const std::vector<Made> events =
      testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  Machine machine(shipped_rules());
  machine.feed(events);
  store(scratch.path(), machine, events);
  const std::uint64_t last = number(machine.model.sequence());
  REQUIRE(last > 30);
  {
    auto reader = StoreReader::open(scratch.path());
    REQUIRE(reader);
    std::uint64_t since = 0;
    std::string all;
    while (true) {
      const Json page = testing::told(machine.model, "changes",
                                      {{"since", std::to_string(since)}, {"limit", "7"}}, &*reader);
      CHECK(page["compacted"] == false);
      CHECK(page["changes"].size() == std::min<std::uint64_t>(7, last - since));
      if (page["changes"].empty()) break;
      for (const Json& record : page["changes"]) {
        CHECK(record["sequence"] == std::to_string(++since));
      }
      CHECK(page["next_since"] == since);
    }
    CHECK(since == last);
  }
  for (const auto& [removed, since, compacted] : {std::tuple{10, 0, true},
                                                  {10, 9, true},
                                                  {10, 10, false},
                                                  {1'000'000, 10, true},
                                                  {1'000'000, static_cast<int>(last), false}}) {
    INFO(removed << " " << since);
    remove_records(scratch.path(), removed);
    auto reader = StoreReader::open(scratch.path());
    REQUIRE(reader);
    const Json page =
        testing::told(machine.model, "changes", {{"since", std::to_string(since)}}, &*reader);
    CHECK(page["compacted"] == compacted);
    CHECK(page["changes"].empty() == (compacted || removed > 10));
    if (compacted) CHECK(page["next_since"] == last);
  }
  // Without a store everything is gone but what is to come.
  CHECK(testing::told(machine.model, "changes")["compacted"] == true);
  CHECK(testing::told(machine.model, "changes", {{"since", std::to_string(last)}})["compacted"] ==
        false);
}

TEST_CASE("The digest of the inputs is that of the set of events") {
  std::vector<Made> events = testing::events_of(testing::file_of("boot", "nova.bodies.jsonl"));
  const auto digest = [](const std::vector<Made>& arrival) {
    const Scratch scratch;
    Machine machine(shipped_rules());
    machine.feed(arrival);
    store(scratch.path(), machine, arrival);
    auto reader = StoreReader::open(scratch.path());
    REQUIRE(reader);
    const auto inputs = reader->inputs();
    REQUIRE(inputs);
    CHECK(inputs->sha256.size() == 64);
    return std::pair(inputs->messages, inputs->sha256);
  };
  const auto in_order = digest(events);
  CHECK(in_order.first == events.size());
  std::reverse(events.begin(), events.end());
  CHECK(digest(events) == in_order);
  events.pop_back();
  CHECK(digest(events).second != in_order.second);
  CHECK(digest({}).second == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("The feed is told by type and publisher, folded or not") {
  const Scratch scratch;
  const std::vector<Made> events =
      testing::events_of(testing::file_of("power", "nova.bodies.jsonl"));
  Model::Options options;
  options.trail = 1000;
  Machine machine(shipped_rules(), std::move(options));
  machine.feed(events);
  store(scratch.path(), machine, events);
  auto reader = StoreReader::open(scratch.path());
  REQUIRE(reader);
  const auto feed = reader->feed();
  REQUIRE(feed);
  std::uint64_t counted = 0;
  for (const FeedLine& line : *feed) {
    counted += line.events;
    CHECK(line.with_payload_host <= line.facts);
    CHECK(line.facts <= line.events);
    CHECK_FALSE(line.publisher.empty());
  }
  CHECK(counted == machine.dispatcher.counts().applied);
}

TEST_CASE("What is held is of one moment, whatever is committed meanwhile") {
  const Scratch scratch;
  std::vector<Made> events =
      testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  const std::vector<Made> later(events.begin() + 20, events.end());
  events.resize(20);
  Machine machine(shipped_rules());
  machine.feed(events);
  store(scratch.path(), machine, events);
  const std::string before = machine.placement();
  auto reader = StoreReader::open(scratch.path());
  REQUIRE(reader);
  REQUIRE(reader->store().hold());
  Machine after(shipped_rules());
  after.feed(events);
  after.feed(later);
  REQUIRE(after.placement() != before);
  {
    auto writer = Store::open(scratch.path(), Store::Access::update);
    REQUIRE(writer);
    for (const Made& event : later) {
      REQUIRE(writer->add_message(MessageId(event.message_id), event.generated));
    }
    REQUIRE(writer->save(after.model));
    REQUIRE(writer->commit());
  }
  const auto loaded = [&] {
    Machine read(shipped_rules());
    REQUIRE(reader->store().load(read.model, shipped_rules()));
    return read.placement();
  };
  CHECK(loaded() == before);
  CHECK(reader->inputs()->messages == events.size());
  reader->store().rollback();
  CHECK(loaded() == after.placement());
  CHECK(reader->inputs()->messages == events.size() + later.size());
}

TEST_CASE("A reader wants a state that is there") {
  const Scratch scratch;
  const auto reader = StoreReader::open(scratch.path());
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == ErrorCode::store_error);
}

}  // namespace
}  // namespace vmtrail
