// SPDX-License-Identifier: Apache-2.0

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "io/store.h"
#include "tests/recorded.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::Made;
using testing::Scratch;
using testing::shipped_rules;

constexpr Time kWhen{std::chrono::hours{1}};

Store created(const std::string& directory) {
  auto store = Store::open(directory, Store::Access::create);
  if (!store) throw std::runtime_error(store.error().message());
  return std::move(*store);
}

std::string error_of(const std::string& directory, Store::Access access) {
  const auto store = Store::open(directory, access);
  return store ? "" : store.error().detail;
}

TEST_CASE("A model that went through the store is the same, for every capture") {
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    const std::vector<Made> events =
        testing::events_of(testing::file_of(scenario, "nova.bodies.jsonl"));
    Machine whole(shipped_rules());
    whole.feed(events);
    const Scratch scratch;
    // In three runs, each of which knows only what the one before has stored.
    std::string records;
    for (std::size_t run = 0; run < 3; ++run) {
      Store store = created(scratch.path());
      Machine machine(shipped_rules());
      REQUIRE(store.load(machine.model, shipped_rules()));
      for (std::size_t i = events.size() * run / 3; i < events.size() * (run + 1) / 3; ++i) {
        machine.feed(events[i]);
      }
      records += machine.records.text;
      REQUIRE(store.save(machine.model));
      REQUIRE(store.commit());
    }
    auto store = Store::open(scratch.path(), Store::Access::read);
    REQUIRE(store);
    Machine loaded(shipped_rules());
    REQUIRE(store->load(loaded.model, shipped_rules()));
    CHECK(loaded.placement() == whole.placement());
    CHECK(records == whole.records.text);
    CHECK(loaded.model.newest_event() == whole.model.newest_event());
    CHECK(loaded.model.sequence() == whole.model.sequence());
    CHECK(loaded.model.hosts().size() == whole.model.hosts().size());
  }
}

TEST_CASE("Requests that were folded are known behind a restart, whatever their ids hold") {
  for (const std::string odd : {"req\nreq-2", "a\\b", "\\n", "\n"}) {
    const Scratch scratch;
    {
      Store store = created(scratch.path());
      Machine machine(shipped_rules());
      machine.feed(testing::made("create.end", 0, "a", odd));
      machine.feed(testing::made("exists", 20 * 60'000, "a", "req-audit"));  // folds it
      REQUIRE(store.save(machine.model));
      REQUIRE(store.commit());
    }
    auto store = Store::open(scratch.path(), Store::Access::read);
    REQUIRE(store);
    Machine loaded(shipped_rules());
    REQUIRE(store->load(loaded.model, shipped_rules()));
    loaded.feed(testing::made("power_off.end", 21 * 60'000, "a", odd, {{Field::state, "stopped"}}));
    CHECK(loaded.vm().vm_state == "active");
    CHECK(loaded.dispatcher.counts().ignored[static_cast<std::size_t>(ErrorCode::too_late)] == 1);
  }
}

TEST_CASE("What is not committed never was") {
  const Scratch scratch;
  {
    Store store = created(scratch.path());
    REQUIRE(store.add_message(MessageId("kept"), kWhen));
    REQUIRE(store.commit());
    REQUIRE(store.add_message(MessageId("lost"), kWhen));
    CHECK(store.contains(MessageId("lost"), kWhen));
  }
  Store store = created(scratch.path());
  CHECK(store.contains(MessageId("kept"), kWhen));
  CHECK_FALSE(store.contains(MessageId("lost"), kWhen));
}

TEST_CASE("An event is found among many by its id and its time, whatever they are") {
  using namespace std::chrono_literals;
  const Duration distances[] = {0us, 1us, 900us, 60ms, 3s, 59s, 61s, 5min, 6h, 400 * 24h};
  const auto uuid = [](int i) {
    return "0a02d5ba-6ac3-411a-892d-65bebc" + std::to_string(100000 + i);
  };
  const auto odd = [](int i) { return "id \"" + std::to_string(i) + "\"\n"; };
  const Scratch scratch;
  std::vector<std::pair<MessageId, Time>> all;
  {
    Store store = created(scratch.path());
    int i = 0;
    for (const Duration distance : distances) {
      Time time = kWhen + i * 1h;
      for (int n = 0; n < 700; ++n, ++i, time += distance) {
        all.emplace_back(MessageId(i % 10 == 7 ? odd(i) : uuid(i)), time);
      }
    }
    // In any order, in several batches.
    for (std::size_t n = 0; n < all.size(); ++n) {
      const auto& [id, time] = all[n * 997 % all.size()];
      REQUIRE(store.add_message(id, time));
      CHECK(store.contains(id, time));
      if (n % 1500 == 0) REQUIRE(store.commit());
    }
    REQUIRE(store.commit());
  }
  Store store = created(scratch.path());
  std::size_t missing = 0;
  for (const auto& [id, time] : all) missing += store.contains(id, time) ? 0U : 1U;
  CHECK(missing == 0);
  CHECK_FALSE(store.contains(MessageId(uuid(-1)), kWhen));
  CHECK_FALSE(store.contains(MessageId(odd(-1)), kWhen));
  CHECK_FALSE(store.contains(all.front().first, kWhen - 24h));
}

TEST_CASE("Quarantined bytes are kept without tokens") {
  const Scratch scratch;
  Store store = created(scratch.path());
  const Undecodable bad{ErrorCode::incomplete, "detail", R"({"_context_auth_token": "s3cret", "x)",
                        7, 3};
  REQUIRE(store.add_quarantined("a.log", bad));
  REQUIRE(store.commit());
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((scratch.path() + "/vmtrail.db").c_str(), &database) == SQLITE_OK);
  std::string row;
  sqlite3_exec(
      database,
      "SELECT reason || '|' || input || '|' || line || '|' || offset || '|' || bytes FROM "
      "quarantine",
      [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) = values[0];
        return 0;
      },
      &row, nullptr);
  sqlite3_close(database);
  CHECK(row.find("incomplete|a.log|3|7|") == 0);
  CHECK(row.find("_context_auth_token") != std::string::npos);
  CHECK(row.find("s3cret") == std::string::npos);
}

TEST_CASE("A store that cannot be opened says why") {
  const Scratch scratch;
  CHECK_THAT(error_of(scratch.path("none"), Store::Access::read), Catch::Contains("no state in"));

  std::ofstream(scratch.path("file")) << "x";
  CHECK_THAT(error_of(scratch.path("file"), Store::Access::create),
             Catch::Contains("cannot be made"));

  std::filesystem::create_directory(scratch.path("corrupt"));
  std::ofstream(scratch.path("corrupt") + "/vmtrail.db") << std::string(5000, 'x');
  CHECK_THAT(error_of(scratch.path("corrupt"), Store::Access::create),
             Catch::Contains("not a database"));
  CHECK_THAT(error_of(scratch.path("corrupt"), Store::Access::read),
             Catch::Contains("not a database"));
  CHECK(std::filesystem::file_size(scratch.path("corrupt") + "/vmtrail.db") == 5000);

  {
    Store store = created(scratch.path("newer"));
    REQUIRE(store.add_message(MessageId("m"), kWhen));
    REQUIRE(store.commit());
  }
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((scratch.path("newer") + "/vmtrail.db").c_str(), &database) == SQLITE_OK);
  sqlite3_exec(database, "UPDATE meta SET value = 99 WHERE key = 'schema'", nullptr, nullptr,
               nullptr);
  sqlite3_close(database);
  CHECK_THAT(error_of(scratch.path("newer"), Store::Access::create),
             Catch::Contains("made by another version (schema 99"));
}

TEST_CASE("After a write that failed nothing more is written, and the state is as it was") {
  const Scratch scratch;
  {
    Store store = created(scratch.path());
    REQUIRE(store.add_record(Sequence{1}, "{}"));
    REQUIRE(store.commit());
    REQUIRE(store.add_message(MessageId("first"), kWhen));
    REQUIRE_FALSE(store.add_record(Sequence{1}, "{}"));  // as a full disk would
    CHECK_FALSE(store.add_message(MessageId("second"), kWhen));
    CHECK_FALSE(store.commit());
  }
  Store store = created(scratch.path());
  CHECK_FALSE(store.contains(MessageId("first"), kWhen));
  CHECK_FALSE(store.contains(MessageId("second"), kWhen));
  REQUIRE(store.add_record(Sequence{2}, "{}"));
  CHECK(store.commit());
}

TEST_CASE("Rows that do not fit together are an error, not a crash") {
  const char* const damages[] = {
      "INSERT INTO intervals SELECT id, 9, 'h', 0, 0, 'confirmed', 'boot', 1 FROM instances",
      "UPDATE intervals SET instance = 'nobody'", "UPDATE instances SET facts = '[[1]]'",
      "UPDATE instances SET facts = '[' || facts", "UPDATE instances SET base = '{}'"};
  for (const char* damage : damages) {
    INFO(damage);
    const Scratch scratch;
    {
      Store store = created(scratch.path());
      Machine machine(shipped_rules());
      machine.feed(testing::live_migration("req-1", 0, "a", "b"));
      machine.feed(testing::live_migration("req-2", 9'000, "b", "c"));
      REQUIRE(store.save(machine.model));
      REQUIRE(store.commit());
    }
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((scratch.path() + "/vmtrail.db").c_str(), &database) == SQLITE_OK);
    sqlite3_exec(database, damage, nullptr, nullptr, nullptr);
    sqlite3_close(database);
    Store store = created(scratch.path());
    Model model;
    const auto loaded = store.load(model, shipped_rules());
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().detail, Catch::Contains("do not fit"));
  }
}

}  // namespace
}  // namespace vmtrail
