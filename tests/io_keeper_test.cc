// SPDX-License-Identifier: Apache-2.0
// The keeper: what it takes in, when it settles, what it does when it cannot write.

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <set>

#include <nlohmann/json.hpp>

#include "io/query_desk.h"
#include "tests/live.h"
#include "tests/scratch.h"
#include "tests/sql.h"

namespace vmtrail {
namespace {

using testing::execute;
using testing::HandSource;
using testing::lines_of;
using testing::Live;
using testing::Scratch;

std::vector<std::string> migration_lines() {
  return lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
}

std::string selected(const std::string& state, const std::string& sql) {
  std::string rows;
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((state + "/vmtrail.db").c_str(), &database) == SQLITE_OK);
  sqlite3_exec(
      database, sql.c_str(),
      [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0];
        return 0;
      },
      &rows, nullptr);
  sqlite3_close(database);
  return rows;
}

std::string stored_records(const std::string& state) {
  auto store = Store::open(state, Store::Access::read);
  REQUIRE(store);
  const auto records = store->records(Sequence{0}, 1'000'000);
  REQUIRE(records);
  std::string text;
  for (const StoredRecord& record : *records) text += record.json + "\n";
  return text;
}

TEST_CASE("Each capture, a message a delivery, ends as Nova's database, with a store and without") {
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    const Scratch scratch;
    for (const std::string& state : {std::string(), scratch.path()}) {
      Live live({}, state);
      HandSource source(live.intake);
      const auto lines = lines_of(testing::file_of(scenario, "nova.bodies.jsonl"));
      for (const std::string& line : lines) source.put(line);
      DeliveryCounts all;
      std::uint64_t tag = 0;
      for (const Settled& settled : source.settled_all()) {
        CHECK(settled.tag == tag++);
        all += settled.counts;
      }
      REQUIRE(live.finish());
      CHECK(testing::differences_from_nova(live.keeper->model(), scenario) == "");
      CHECK(all.events() == lines.size());
      CHECK(all.events() == live.keeper->counts().events);
      CHECK(live.keeper->sources().at("hand:").counts.applied == live.keeper->counts().applied);
      CHECK(live.records.newest() == live.keeper->model().sequence());
    }
    auto store = Store::open(scratch.path(), Store::Access::read);
    REQUIRE(store);
    Model model;
    REQUIRE(store->load(model, testing::shipped_rules()));
    CHECK(testing::differences_from_nova(model, scenario) == "");
  }
}

TEST_CASE("Records do not depend on where batches end, nor on a restart between any two") {
  const auto lines = migration_lines();
  const Scratch whole;
  {
    Live live({}, whole.path());
    HandSource source(live.intake);
    for (const std::string& line : lines) source.put(line);
    REQUIRE(live.finish());
  }
  const Scratch broken;
  for (std::size_t begin = 0; begin < lines.size(); begin += 7) {
    Live live({.batch_events = 1}, broken.path());
    HandSource source(live.intake);
    // What was not acknowledged comes again, and so may what was.
    for (std::size_t i = begin - std::min<std::size_t>(begin, 3);
         i < std::min(begin + 7, lines.size()); ++i) {
      source.put(lines[i]);
    }
    const auto settled = source.settled_all();
    CHECK(settled.front().counts.duplicate == (begin == 0 ? 0U : 1U));
  }
  CHECK(stored_records(broken.path()) == stored_records(whole.path()));
}

TEST_CASE("What cannot be decoded is kept with its source, and settled") {
  const Scratch scratch;
  {
    Live live({}, scratch.path());
    HandSource source(live.intake);
    source.put(R"([{"message_id":"1"}, 17, )" + std::string("\n"));
    source.put("");
    CHECK(source.settled(1)[0].counts.quarantined >= 1);
    CHECK(source.settled_all().back().counts.events() == 0);
  }
  CHECK(selected(scratch.path(), "SELECT DISTINCT input FROM quarantine") == "hand:");
}

TEST_CASE("While it cannot write it settles nothing and answers: then it goes on, losing nothing") {
  const auto lines = migration_lines();
  const Scratch scratch;
  {
    Live live({}, scratch.path());
    HandSource source(live.intake);
    source.put(lines[0]);
    CHECK(source.settled_all().size() == 1);
    execute(scratch.path(), "ALTER TABLE records RENAME TO away");
    for (const std::string& line : lines) source.put(line);
    while (!live.ask([](Keeper& keeper) { return keeper.failing(); })) {
    }
    CHECK(source.settled(1).size() == 1);
    CHECK(live.records.newest() == Sequence{0});
    execute(scratch.path(), "ALTER TABLE away RENAME TO records");
    const auto settled = source.settled_all();
    CHECK(settled[1].counts.duplicate == 1);
    CHECK_FALSE(live.ask([](Keeper& keeper) { return keeper.failing(); }));
    REQUIRE(live.finish());
    CHECK(testing::differences_from_nova(live.keeper->model(), "live_migration") == "");
  }
  const Scratch whole;
  {
    Live live({}, whole.path());
    HandSource source(live.intake);
    for (const std::string& line : lines) source.put(line);
    REQUIRE(live.finish());
  }
  CHECK(stored_records(scratch.path()) == stored_records(whole.path()));
}

TEST_CASE("Questions are answered while another program has the store locked, however long") {
  const auto lines = migration_lines();
  const Scratch scratch;
  Live live({.batch_delay = std::chrono::milliseconds{0}}, scratch.path(), std::size_t{16} << 20,
            {.lock_wait = std::chrono::hours{1}});
  HandSource source(live.intake);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((scratch.path() + "/vmtrail.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  source.put(lines[0]);
  live.await_events(1);
  for (int i = 0; i < 3; ++i) {
    CHECK(live.ask([](Keeper& keeper) { return keeper.counts().events; }) == 1);
  }
  CHECK(source.settled(0).empty());
  sqlite3_close(other);
  CHECK(source.settled_all().size() == 1);
  REQUIRE(live.finish());
}

TEST_CASE("What is asked of the store waits for the commit, and finds each fact once") {
  const auto lines = migration_lines();
  const Scratch scratch;
  Model::Options model;
  model.horizon = std::chrono::seconds{3};  // so that facts go to the store
  model.trail = 32;
  Live live({.model = model, .batch_delay = std::chrono::milliseconds{0}}, scratch.path(),
            std::size_t{16} << 20, {.lock_wait = std::chrono::hours{1}});
  HandSource source(live.intake);
  const std::size_t first_half = lines.size() / 2;
  for (std::size_t i = 0; i < first_half; ++i) source.put(lines[i]);
  source.settled_all();
  const std::string id =
      live.ask([](Keeper& keeper) { return keeper.model().instances().front().to_string(); });

  QueryDesk desk(live.intake, scratch.path());
  const auto explain = [&] {
    const auto told = std::make_shared<std::promise<std::string>>();
    desk.ask({"explain", {{"instance", id}}},
             [told](const Answer& answer) { told->set_value(answer.json); });
    return told->get_future();
  };
  const auto facts = [](std::future<std::string> answer) {
    REQUIRE(answer.wait_for(testing::kPatience) == std::future_status::ready);
    return nlohmann::json::parse(answer.get())["facts"];
  };
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((scratch.path() + "/vmtrail.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  for (std::size_t i = first_half; i < lines.size(); ++i) source.put(lines[i]);
  const auto commits = [](Keeper& keeper) {
    auto at_once = std::make_shared<bool>(false);
    keeper.ask_store([at_once](Keeper&) { *at_once = true; });
    return !*at_once;
  };
  while (!live.ask(commits)) {
  }
  auto waiting = explain();
  live.ask([](Keeper&) { return true; });  // it was asked behind that
  CHECK(waiting.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
  sqlite3_close(other);
  std::set<std::string> ids;
  const auto told = facts(std::move(waiting));
  for (const auto& fact : told) ids.insert(fact["message_id"].get<std::string>());
  CHECK(ids.size() > 10);
  CHECK(told.size() == ids.size());
  REQUIRE(live.finish());
}

TEST_CASE("If nothing can be written at the end, the keeper says so, and nothing is settled") {
  const Scratch scratch;
  Live live({.batch_delay = std::chrono::hours{1}}, scratch.path());
  HandSource source(live.intake);
  source.put(migration_lines()[0]);
  live.await_events(1);
  execute(scratch.path(), "DROP TABLE messages");
  const auto finished = live.finish();
  REQUIRE_FALSE(finished);
  CHECK_THAT(finished.error().detail, Catch::Contains("messages"));
  CHECK(source.settled(0).empty());
}

TEST_CASE("What waits already is committed together, and what comes alone by itself") {
  const auto lines = migration_lines();
  std::vector<std::uint64_t> commits;
  const Scratch scratch;
  Live live({.batch_delay = std::chrono::milliseconds{0},
             .batch_limit = std::chrono::hours{1},
             .committed = [&](std::chrono::nanoseconds,
                              std::uint64_t events) { commits.push_back(events); }},
            scratch.path());
  HandSource source(live.intake);
  source.put(lines[0]);
  source.settled_all();
  source.put(lines[1]);
  source.settled_all();
  std::promise<void> go_on;
  REQUIRE(live.intake.ask([held = go_on.get_future().share()](Keeper&) { held.wait(); }));
  for (int i = 0; i < 200; ++i) source.put(lines[2]);
  go_on.set_value();
  source.settled_all();
  REQUIRE(live.finish());
  CHECK(commits == std::vector<std::uint64_t>{1, 1, 200, 0});
}

TEST_CASE("A full intake makes its sources wait, and the first to ask is told of room") {
  Intake intake({.bytes = 100, .deliveries = 2, .questions = 1});
  HandSource source(intake);
  source.put(std::string(90, 'x'));
  Delivery second;
  second.add(std::string(20, 'x'));
  CHECK_FALSE(intake.try_put(second));
  CHECK(second.bytes() == 20);
  int told = 0;
  intake.when_room(20, [&] { ++told; });
  CHECK(told == 0);
  std::stop_source stop;
  bool put = true;
  std::thread waiting([&] { put = intake.put(std::move(second), stop.get_token()); });
  stop.request_stop();
  waiting.join();
  CHECK_FALSE(put);

  Intake::Taken taken;
  intake.take(taken, true, Intake::Clock::now());
  CHECK(taken.deliveries.size() == 1);
  CHECK(told == 1);
  intake.when_room(20, [&] { ++told; });
  CHECK(told == 2);
  CHECK(intake.try_put(second));
  CHECK(intake.ask([](Keeper&) {}));
  CHECK_FALSE(intake.ask([](Keeper&) {}));
  intake.close();
  Delivery late;
  late.add("x");
  CHECK_FALSE(intake.try_put(late));
  intake.take(taken, true, Intake::Clock::now());
  CHECK_FALSE(taken.closed);
  CHECK(taken.questions.size() == 1);
  intake.take(taken, true, Intake::Clock::now());
  CHECK(taken.closed);
}

TEST_CASE("Other rules are gone on with, and facts find their rules among them") {
  const auto lines = migration_lines();
  const Scratch scratch;
  const Scratch decoded;
  for (const std::string& state : {std::string(), scratch.path(), decoded.path()}) {
    Live live({}, state);
    HandSource source(live.intake);
    if (state == decoded.path()) source.decode();
    std::vector<std::future<void>> changes;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i % 20 == 10) {
        // So that the rules have other numbers and addresses.
        const std::vector<RulesText> texts{
            RuleSet::shipped_text(),
            {"more.yaml", "version: 1\nrules:\n- {id: more" + std::to_string(i) +
                              ", events: [compute.instance.more], why: none}\n"}};
        const auto changed = std::make_shared<std::promise<void>>();
        changes.push_back(changed->get_future());
        // What was decoded by the rules before may still wait.
        REQUIRE(live.intake.ask([texts, changed](Keeper& keeper) {
          keeper.change_rules(*RuleSet::parse(texts), texts, [changed] { changed->set_value(); });
        }));
        if (i % 40 == 10) changes.back().get();
      }
      source.put(lines[i]);
    }
    REQUIRE(live.finish());
    CHECK(live.keeper->rules().find("more70") != nullptr);
    CHECK(testing::differences_from_nova(live.keeper->model(), "live_migration") == "");
    CHECK(live.keeper->counts().events == lines.size());
  }
  CHECK(stored_records(decoded.path()) == stored_records(scratch.path()));
}

TEST_CASE("What an absence waits for is forgotten with its rule") {
  const std::vector<RulesText> with{
      RuleSet::shipped_text(),
      {"a.yaml",
       "version: 1\nabsences:\n- {id: unfinished, after: "
       "[compute.instance.live_migration.pre.start],"
       " without: [compute.instance.nothing], within: 5h, why: none}\n"}};
  const std::vector<RulesText> without{RuleSet::shipped_text()};
  const Scratch scratch;
  Live live({}, scratch.path());
  HandSource source(live.intake);
  const auto change_to = [&](const std::vector<RulesText>& texts) {
    const auto changed = std::make_shared<std::promise<void>>();
    REQUIRE(live.intake.ask([texts, changed](Keeper& keeper) {
      keeper.change_rules(*RuleSet::parse(texts), texts, [changed] { changed->set_value(); });
    }));
    changed->get_future().get();
  };
  const auto awaited = [&] { return selected(scratch.path(), "SELECT count(*) FROM awaited"); };
  change_to(with);
  const auto lines = migration_lines();
  for (const std::string& line : lines) source.put(line);
  source.settled_all();
  CHECK(awaited() != "0");
  change_to(without);
  source.put(lines[0]);
  source.settled_all();
  CHECK(awaited() == "0");
}

TEST_CASE("What its source decoded is quarantined with its bytes") {
  const std::string broken = R"({"message_id":"1","event_type":)";
  const std::string nameless =
      R"({"message_id":"b0075000-0000-4000-8000-000000000001","event_type":"compute.instance.create.end",)"
      R"("generated":"2026-01-01T00:00:00.000001","traits":[["instance_id",1,"no UUID"],)"
      R"(["state",1,"active"]],"raw":{}})";
  std::string kept[2];
  for (const bool decodes : {false, true}) {
    const Scratch scratch;
    {
      Live live({}, scratch.path());
      HandSource source(live.intake);
      if (decodes) source.decode();
      for (const std::string& message : {broken, migration_lines()[0], nameless}) {
        source.put(message);
      }
      source.settled_all();
    }
    kept[decodes] =
        selected(scratch.path(), "SELECT reason || coalesce(detail, '') || bytes FROM quarantine");
  }
  CHECK(kept[0] == kept[1]);
  CHECK_THAT(kept[0], Catch::Contains("no UUID") && Catch::Contains(nameless));
  CHECK_THAT(kept[0], Catch::Contains(broken));
}

TEST_CASE("A cloud that fell silent is folded and written without an event") {
  using Steady = std::chrono::steady_clock::time_point;
  constexpr int kInstances = 1234;
  std::atomic<std::int64_t> passed{0};
  Keeper::Options options;
  options.tick = std::chrono::milliseconds{1};
  options.steady = [&] { return Steady{std::chrono::seconds{passed}}; };
  const Scratch scratch;
  Live live(std::move(options), scratch.path());
  HandSource source(live.intake);
  for (int i = 0; i < kInstances; ++i) {
    const std::string number = std::to_string(100'000 + i);
    source.put(R"({"message_id":"b0075000-0000-4000-8000-000000)" + number +
               R"(","event_type":"compute.instance.create.end","generated":"2026-01-01T00:00:00.)" +
               number + R"(","traits":[["instance_id",1,"c0075000-0000-4000-8000-000000)" + number +
               R"("],["host",1,"a"],["service",1,"compute"],["state",1,"active"]],"raw":{}})");
  }
  source.settled_all();
  const auto unfolded = [&] {
    return selected(scratch.path(), "SELECT count(*) FROM instances WHERE facts <> '[]'");
  };
  CHECK(unfolded() == std::to_string(kInstances));
  const auto until = std::chrono::steady_clock::now() + testing::kPatience;
  while (unfolded() != "0" && std::chrono::steady_clock::now() < until) {
    passed += 3600;  // again: it counts from when the keeper has looked at the events' time
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  CHECK(unfolded() == "0");
}

TEST_CASE("A clock that jumps ahead makes nothing expire: time that passes does") {
  std::atomic<std::int64_t> jumped{0};
  std::atomic<std::int64_t> passed{0};
  Keeper::Options options;
  options.retention.records = std::chrono::days{7};
  options.retention.quarantine = std::chrono::days{7};
  options.clock = [&] {
    const auto now = std::chrono::system_clock::now() + std::chrono::days{jumped + passed};
    return std::chrono::time_point_cast<Duration>(now);
  };
  options.steady = [&] { return std::chrono::steady_clock::now() + std::chrono::days{passed}; };
  const Scratch scratch;
  Live live(std::move(options), scratch.path());
  HandSource source(live.intake);
  const auto counted = [&](const std::string& table) {
    return selected(scratch.path(), "SELECT count(*) FROM " + table);
  };
  const auto lines = migration_lines();
  for (const std::string& line : lines) source.put(line);
  source.put("{broken");
  source.settled_all();
  const std::string records = counted("records");
  CHECK(records != "0");
  jumped = 10;
  source.put(lines[0]);
  source.settled_all();
  CHECK(counted("records") == records);
  CHECK(counted("quarantine") == "1");
  jumped = 0;
  passed = 10;
  source.put(lines[0]);
  source.settled_all();
  CHECK(counted("records") == "0");
  CHECK(counted("quarantine") == "0");
}

TEST_CASE("Time goes on from the newest event, and judges an operation without an end") {
  using Steady = std::chrono::steady_clock::time_point;
  std::atomic<std::int64_t> passed{0};
  std::atomic<bool> looked{false};
  Keeper::Options options;
  options.tick = std::chrono::milliseconds{1};
  options.steady = [&] {
    looked = true;
    return Steady{std::chrono::seconds{passed}};
  };
  // The wall clock is years ahead of the events: that says nothing.
  options.clock = [] { return testing::kStart + std::chrono::years{20}; };
  Live live(std::move(options));
  HandSource source(live.intake);
  const auto lines = migration_lines();
  std::size_t open = 0;
  const auto count = [](Keeper& keeper) {
    std::size_t in_progress = 0;
    for (const Migration& migration : keeper.model().migrations()) {
      if (migration.outcome == Outcome::in_progress) ++in_progress;
    }
    return in_progress;
  };
  for (std::size_t i = 0; i < lines.size() && open == 0; ++i) {
    source.put(lines[i]);
    source.settled_all();
    open = live.ask(count);
  }
  REQUIRE(open > 0);
  looked = false;
  testing::await([&] { return looked.load(); });
  CHECK(live.ask(count) == open);
  const auto before = live.records.newest();
  passed = 3600;
  testing::await([&] { return live.ask(count) == 0; });
  const auto found =
      live.records.after(before, {}, std::chrono::steady_clock::now() + testing::kPatience);
  CHECK(found.batch != nullptr);
}

}  // namespace
}  // namespace vmtrail
