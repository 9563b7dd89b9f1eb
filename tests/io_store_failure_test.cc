// SPDX-License-Identifier: Apache-2.0
// What the store does when it cannot write, and afterwards; what it keeps and what it lets go.

#include <grp.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "io/store.h"
#include "tests/model_stream.h"
#include "tests/recorded.h"
#include "tests/scratch.h"
#include "tests/sql.h"

namespace vmtrail {
namespace {

using testing::execute;
using testing::Machine;
using testing::Made;
using testing::Scratch;
using testing::shipped_rules;

constexpr Time kWhen{std::chrono::hours{1}};
constexpr Time kForEver{std::chrono::hours{24 * 365 * 200}};

Store created(const std::string& directory, const Store::Options& options = {}) {
  auto store = Store::open(directory, Store::Access::create, options);
  if (!store) throw std::runtime_error(store.error().message());
  return std::move(*store);
}

Result<void> write(Store& store, Machine& machine, std::size_t records) {
  for (std::size_t i = 1; i <= records; ++i) {
    const std::string json =
        R"({"type":"vmtrail.instance.moved","x":")" + std::string(1000, 'x') + "\"}";
    if (auto done = store.add_record(Sequence{i}, json); !done) return done;
  }
  if (auto done = store.save(machine.model); !done) return done;
  if (auto done = store.commit(); !done) return done;
  machine.model.mark_saved();
  return {};
}

TEST_CASE("A batch that found no room is written whole once there is some") {
  const Scratch scratch;
  const auto events = testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  Machine machine(shipped_rules());
  machine.feed(events);
  {
    Store store = created(scratch.path(), {.most_bytes = 256 << 10});
    const auto full = write(store, machine, 1000);
    REQUIRE_FALSE(full);
    CHECK_THAT(full.error().detail, Catch::Contains("full") && Catch::Contains("vmtrail.db"));
    CHECK_FALSE(store.add_message(MessageId("m"), kWhen));  // until rollback() it stays so
    store.rollback();
    CHECK(store.records(Sequence{0}, 10)->empty());
    REQUIRE(write(store, machine, 10));  // as if there were room
  }
  Store store = created(scratch.path());
  CHECK(store.records(Sequence{0}, 2000)->size() == 10);
  Machine loaded(shipped_rules());
  REQUIRE(store.load(loaded.model, shipped_rules()));
  CHECK(loaded.placement() == machine.placement());
}

TEST_CASE("A store that another program has locked is written to once it lets go") {
  const Scratch scratch;
  Machine machine(shipped_rules());
  Store store = created(scratch.path(), {.lock_wait = std::chrono::milliseconds{10}});
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((scratch.path() + "/vmtrail.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto locked = write(store, machine, 3);
  REQUIRE_FALSE(locked);
  CHECK_THAT(locked.error().detail, Catch::Contains("locked"));
  sqlite3_close(other);
  store.rollback();
  REQUIRE(write(store, machine, 3));
  CHECK(store.records(Sequence{0}, 10)->size() == 3);
}

// As a user who may not write; root may always.
int as_nobody(int (*what)(const std::string&), const std::string& directory) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed =
        ::setgroups(0, nullptr) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0;
    ::_exit(changed || ::geteuid() != 0 ? what(directory) : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_CASE("Who may not write is told so, and may still read") {
  const Scratch scratch;
  {
    Machine machine(shipped_rules());
    Store store = created(scratch.path());
    REQUIRE(write(store, machine, 3));
  }
  ::chmod(std::filesystem::path(scratch.path()).parent_path().c_str(), 0755);
  ::chmod(scratch.path().c_str(), 0555);
  ::chmod((scratch.path() + "/vmtrail.db").c_str(), 0444);
  CHECK(as_nobody(
            [](const std::string& directory) {
              const auto store = Store::open(directory, Store::Access::create);
              if (store) return 1;
              return store.error().detail.find("readonly") != std::string::npos ? 0 : 2;
            },
            scratch.path()) == 0);
  CHECK(as_nobody(
            [](const std::string& directory) {
              auto store = Store::open(directory, Store::Access::read);
              if (!store) return 1;
              const auto records = store->records(Sequence{0}, 10);
              return records && records->size() == 3 ? 0 : 2;
            },
            scratch.path()) == 0);
  ::chmod(scratch.path().c_str(), 0755);
}

TEST_CASE("A damaged file is reported and never replaced") {
  const Scratch scratch;
  {
    Machine machine(shipped_rules());
    machine.feed(testing::events_of(testing::file_of("boot", "nova.bodies.jsonl")));
    Store store = created(scratch.path());
    REQUIRE(write(store, machine, 200));
  }
  const std::string file = scratch.path() + "/vmtrail.db";
  const auto size = std::filesystem::file_size(file);
  {
    std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096);
    damage << std::string(size - 4096, 'x');
  }
  auto store = Store::open(scratch.path(), Store::Access::create);
  if (store) {
    Machine machine(shipped_rules());
    const auto loaded = store->load(machine.model, shipped_rules());
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().detail, Catch::Contains("malformed"));
    const auto faults = store->check();
    CHECK((!faults || !faults->empty()));
  } else {
    CHECK_THAT(store.error().detail, Catch::Contains("malformed"));
  }
  CHECK(std::filesystem::file_size(file) == size);
}

TEST_CASE("Saving batch after batch stores what saving once does") {
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    const auto events = testing::events_of(testing::file_of(scenario, "nova.bodies.jsonl"));
    const Scratch scratch;
    Model::Options options;
    options.horizon = std::chrono::seconds{2};
    options.trail = 4;
    Machine machine(shipped_rules(), options);
    Store store = created(scratch.path());
    std::size_t number = 0;
    for (const auto& event : events) {
      machine.feed(event);
      REQUIRE(store.save(machine.model));
      if (++number % 5 == 0) {
        store.rollback();  // it is written again, then
        REQUIRE(store.save(machine.model));
      }
      REQUIRE(store.commit());
      machine.model.mark_saved();
    }
    Machine loaded(shipped_rules(), options);
    REQUIRE(store.load(loaded.model, shipped_rules()));
    CHECK(loaded.placement() == machine.placement());
    for (const InstanceId& id : machine.model.instances()) {
      const auto trail = store.trail(id);
      REQUIRE(trail);
      CHECK(trail->size() <= 9);
    }
    CHECK(store.check()->empty());
  }
}

TEST_CASE("What is older than it is to be kept goes from its old end, and readers can tell") {
  const Scratch scratch;
  Model::Options options;
  options.horizon = std::chrono::seconds{2};
  Machine machine(shipped_rules(), options);
  machine.feed(testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl")));
  machine.dispatcher.advance(*machine.model.newest_event() + std::chrono::hours{1});
  Store store = created(scratch.path());
  REQUIRE(store.add_quarantined("x", {ErrorCode::incomplete, "", "bytes", 0, 1}));
  REQUIRE(write(store, machine, 5000));
  CHECK(*store.oldest_record() == Sequence{1});

  REQUIRE(store.expire({.records = kWhen, .history = kWhen, .quarantine = kWhen}));
  CHECK(*store.oldest_record() == Sequence{1});
  CHECK(*store.expire({.records = kForEver, .history = {}, .quarantine = {}}));  // a part of them
  const auto oldest = store.oldest_record();
  CHECK(*oldest > Sequence{1});
  CHECK(store.records(Sequence{0}, 1)->front().sequence == *oldest);
  while (*store.expire({.records = kForEver, .history = kForEver, .quarantine = kForEver})) {
  }
  REQUIRE(store.commit());
  CHECK(store.records(Sequence{0}, 1)->empty());
  CHECK(*store.oldest_record() > Sequence{0});
  Machine loaded(shipped_rules());
  REQUIRE(store.load(loaded.model, shipped_rules()));
  CHECK(loaded.model.instances() == machine.model.instances());
  CHECK(loaded.model.migrations().size() < machine.model.migrations().size());
  for (const InstanceId& id : machine.model.instances()) {
    CHECK(loaded.model.instance(id)->host == machine.model.instance(id)->host);
  }
  // It is saved again without what is gone.
  REQUIRE(store.save(loaded.model));
  REQUIRE(store.commit());
  Machine again(shipped_rules());
  REQUIRE(store.load(again.model, shipped_rules()));
  CHECK(again.placement() == loaded.placement());
}

TEST_CASE("Store and model forget the same history, and none that may still change") {
  constexpr int kMinute = 60'000;
  Model::Options options;
  options.quiet = std::chrono::minutes{30};
  Machine machine(shipped_rules(), options);
  const auto time_goes_on = [&](int from, int to) {
    for (int minute = from; minute < to; minute += 20) {
      auto other = testing::made("exists", minute * kMinute, "z", "");
      other.fields[Field::instance_id] = "00000000-0000-4000-8000-000000000002";
      machine.feed(other);
    }
  };
  machine.feed(testing::made("create.end", -kMinute, "a", "req-0"));
  machine.feed(testing::made("live_migration.pre.start", 0, "b", "req-1"));  // it never ends
  time_goes_on(20, 80);
  machine.feed(testing::live_migration("req-2", 80 * kMinute, "a", "b"));
  machine.feed(
      {testing::made("resize.prep.start", 90 * kMinute, "c", "req-3", {{Field::payload_host, "b"}}),
       testing::made("finish_resize.end", 91 * kMinute, "c", "req-3",
                     {{Field::flavor, "large"}, {Field::state, "resized"}})});
  time_goes_on(100, 160);
  machine.feed(testing::made("resize.revert.start", 160 * kMinute, "c", "req-4"));
  REQUIRE(machine.model.migrations().size() == 3);
  REQUIRE(machine.facts_held() == 1);

  const Scratch scratch;
  Store store = created(scratch.path());
  REQUIRE(store.save(machine.model));
  while (*store.expire({.records = {}, .history = kForEver, .quarantine = {}})) {
  }
  REQUIRE(store.commit());
  machine.model.forget_history(kForEver, 10);
  CHECK(machine.model.migrations().size() == 1);
  Machine loaded(shipped_rules(), options);
  REQUIRE(store.load(loaded.model, shipped_rules()));
  CHECK(loaded.placement() == machine.placement());
}

TEST_CASE("A check finds gaps, records that lead elsewhere, and rows that cannot be read") {
  struct Damage {
    const char* sql;
    const char* finding;
  };
  const Damage damages[] = {
      {"DELETE FROM records WHERE sequence = 7", "7 to 7 are missing"},
      {"DELETE FROM records WHERE sequence > 7", "the last is 7"},
      {"UPDATE instances SET host = 'elsewhere'", "is not where its records lead to"},
      {"UPDATE instances SET facts = 'x'", "its facts cannot be read"},
      {"UPDATE hosts SET statuses = '[[1]]'", "what its service told cannot be read"},
      {"UPDATE records SET json = 'x' WHERE sequence = 7", "7 is no record"},
      // Not of the variant that UUIDs have; not whole ones; not a list of texts.
      {"UPDATE messages SET ids = x'00000000000000000000000000001000'", "ids of messages"},
      {"UPDATE messages SET ids = x'0000'", "ids of messages"},
      {"INSERT INTO messages (reach, first, last, ids) VALUES (0, 0, 0, '[1]')", "ids of messages"},
      {"INSERT INTO trail VALUES (9999, 'x', 0, 0, 'x')", "its events cannot be read"},
  };
  for (const Damage& damage : damages) {
    INFO(damage.sql);
    const Scratch scratch;
    Machine machine(shipped_rules());
    const std::vector<Made> events =
        testing::events_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
    machine.feed(events);
    Store store = created(scratch.path());
    std::istringstream lines(machine.records.text);
    std::uint64_t sequence = 0;
    for (std::string line; std::getline(lines, line);) {
      REQUIRE(store.add_record(Sequence{++sequence}, line));
    }
    for (const Made& event : events) {
      REQUIRE(store.add_message(MessageId(event.message_id), event.generated));
    }
    REQUIRE(store.save(machine.model));
    REQUIRE(store.commit());
    CHECK(store.check()->empty());
    execute(scratch.path(), damage.sql);
    const auto faults = store.check();
    REQUIRE(faults);
    REQUIRE_FALSE(faults->empty());
    CHECK_THAT(faults->front(), Catch::Contains(damage.finding));
    Model loaded;
    std::ignore = store.load(loaded, shipped_rules());  // an error, or not; but no crash
    REQUIRE(store.compact());
  }
}

}  // namespace
}  // namespace vmtrail
