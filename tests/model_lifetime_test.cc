// SPDX-License-Identifier: Apache-2.0
// Horizon, lateness, judgement: what time does to the model.

#include <catch2/catch.hpp>

#include <random>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::append;
using testing::kStart;
using testing::live_migration;
using testing::Machine;
using testing::Made;
using testing::made;
using testing::shipped_rules;

constexpr int kMinute = 60'000;

std::vector<Made> three_migrations() {
  std::vector<Made> stream = live_migration("req-1", 0, "a", "b");
  append(stream, live_migration("req-2", 20 * kMinute, "b", "c"));
  append(stream, live_migration("req-3", 40 * kMinute, "c", "d"));
  return stream;
}

TEST_CASE("Operations older than the horizon are folded: their migrations and intervals stay") {
  Machine machine(shipped_rules());
  machine.feed(three_migrations());
  CHECK(machine.facts_held() == 6);
  CHECK(machine.vm().host == "d");
  CHECK(machine.vm().timeline.size() == 3);
  CHECK(machine.model.migrations().size() == 3);
  machine.dispatcher.finish();
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("What belongs to a folded operation is too late, and changes nothing but a record") {
  std::vector<Made> stream = three_migrations();
  const Made straggler = stream[5];
  stream.erase(stream.begin() + 5);
  Machine machine(shipped_rules());
  machine.feed(stream);
  const std::string before = machine.placement();
  machine.feed(straggler);
  CHECK(machine.too_late() == 1);
  CHECK(machine.placement() == before);
  CHECK(machine.records.types.back() == RecordType::event_too_late);
  machine.feed(straggler);  // a copy of what came too late is a copy
  CHECK(machine.dispatcher.counts().duplicate == 1);
}

TEST_CASE("A copy of a folded fact is a copy for one horizon of the stream, then too late") {
  const std::vector<Made> stream = three_migrations();
  Machine machine(shipped_rules());
  machine.feed(stream);
  machine.feed(stream[8]);
  CHECK(machine.dispatcher.counts().duplicate == 1);
  machine.feed(made("exists", 90 * kMinute, "d", ""));
  machine.feed(stream[8]);
  CHECK(machine.dispatcher.counts().duplicate == 1);
  CHECK(machine.too_late() == 1);
}

TEST_CASE("An archive tells copies from latecomers however old they are") {
  const std::vector<Made> stream = three_migrations();
  std::string asked;
  Model::Options options;
  options.archive = [&](const MessageId& id) {
    asked = id.to_string();
    return asked == stream[0].message_id;
  };
  Machine machine(shipped_rules(), options);
  machine.feed(stream);
  machine.feed(made("exists", 90 * kMinute, "d", ""));
  CHECK(asked.empty());  // nothing of the stream was old when it came
  machine.feed(stream[0]);
  CHECK(asked == stream[0].message_id);
  CHECK(machine.dispatcher.counts().duplicate == 1);
  machine.feed(stream[1]);
  CHECK(machine.too_late() == 1);
}

TEST_CASE("An instance of which nothing was heard for a day is folded altogether") {
  Machine machine(shipped_rules());
  machine.feed(live_migration("req-1", 0, "a", "b"));
  const std::string before = machine.placement();
  CHECK(machine.facts_held() == 6);
  for (int i = 0; i < 8; ++i) {  // one alone may have a wrong clock
    CHECK(machine.facts_held() == 6);
    Made other = made("create.end", 25 * 60 * kMinute + i, "x", "req-2" + std::to_string(i));
    other.fields[Field::instance_id] = "00000000-0000-4000-8000-000000000002";
    machine.feed(other);
  }
  CHECK(machine.facts_held() == 0);
  CHECK(machine.vm().host == "b");
  CHECK(machine.placement().find(before.substr(0, before.find('\n'))) != std::string::npos);
}

TEST_CASE("An instance at rest says what it said, and goes on from there") {
  Machine machine(shipped_rules());
  std::vector<Made> stream = three_migrations();
  append(stream,
         {made("resize.prep.start", 50 * kMinute, "d", "req-5a6b7c8d-0102-4304-8506-0708090a0b0c",
               {{Field::flavor, "small"}}),
          made("finish_resize.end", 51 * kMinute, "e", "req-5a6b7c8d-0102-4304-8506-0708090a0b0c",
               {{Field::flavor, "large"}, {Field::display_name, "a \"name\""}}),
          made("resize.confirm.end", 70 * kMinute, "d", "req-6", {{Field::payload_host, "e"}})});
  machine.feed(stream);
  const std::string before = machine.placement();
  const InstanceSnapshot held = machine.model.snapshot(*InstanceId::parse(testing::kVm));
  machine.dispatcher.advance(kStart + std::chrono::hours{2});
  CHECK(machine.facts_held() == 0);
  CHECK(machine.placement() == before);
  const InstanceSnapshot resting = machine.model.snapshot(*InstanceId::parse(testing::kVm));
  CHECK(resting.answer.decided_by == held.answer.decided_by);
  CHECK(resting.answer.decided_rule == held.answer.decided_rule);
  CHECK(resting.answer.moved_at == held.answer.moved_at);
  CHECK(resting.newest == held.newest);
  CHECK(resting.cut == held.newest);
  CHECK(resting.folded_requests.back() == "req-6");
  CHECK(resting.folded_requests[resting.folded_requests.size() - 2] ==
        "req-5a6b7c8d-0102-4304-8506-0708090a0b0c");
  machine.feed(stream.back());  // a copy
  CHECK(machine.dispatcher.counts().duplicate == 1);
  machine.feed(live_migration("req-7", 130 * kMinute, "e", "f"));
  CHECK(machine.vm().host == "f");
  CHECK(machine.vm().timeline.size() == 5);
  CHECK(machine.model.migrations().size() == 5);
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("Of a timeline as many closed intervals are kept as one asks for, the newest") {
  Model::Options options;
  options.history = 1;
  Machine machine(shipped_rules(), options);
  Machine all(shipped_rules());
  std::vector<Made> stream = three_migrations();
  append(stream, live_migration("req-4", 60 * kMinute, "d", "e"));
  machine.feed(stream);
  all.feed(stream);
  // Of a to e, the last operation is not folded.
  CHECK(all.vm().timeline.size() == 4);
  REQUIRE(machine.vm().timeline.size() == 3);
  CHECK(machine.vm().timeline.front() == all.vm().timeline[1]);
  CHECK(machine.vm().host == "e");
  for (Machine* const one : {&machine, &all}) {
    one->dispatcher.advance(kStart + std::chrono::hours{2});
  }
  CHECK(machine.vm().timeline.size() == 2);
  CHECK(machine.vm().timeline.back() == all.vm().timeline.back());
}

TEST_CASE("However many requests fall into a migration, it is not folded before its end") {
  for (const bool with_requests : {false, true}) {
    std::vector<Made> stream = {made("create.end", -60 * kMinute, "src", "req-0")};
    const std::vector<Made> migration = live_migration("req-1", 0, "src", "dst");
    stream.insert(stream.end(), migration.begin(), migration.begin() + 2);
    for (int i = 1; i <= 400; ++i) {
      stream.push_back(made("update", i * 1000, "ctl",
                            with_requests ? "req-update-" + std::to_string(i) : std::string(),
                            {{Field::payload_host, "src"}, {Field::task_state, "migrating"}}));
    }
    for (std::size_t i = 2; i < migration.size(); ++i) {
      Made late = migration[i];
      late.generated += std::chrono::seconds{410};
      stream.push_back(late);
    }
    Machine machine(shipped_rules());
    machine.feed(stream);
    machine.dispatcher.finish();
    CHECK(machine.vm().host == "dst");
    CHECK(machine.vm().confidence == Confidence::confirmed);
    CHECK(machine.model.migrations().size() == 1);
    CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
    CHECK(machine.too_late() == 0);
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE("A clock folds what has been quiet for one horizon") {
  Machine machine(shipped_rules());
  machine.feed(live_migration("req-1", 0, "a", "b"));
  machine.dispatcher.advance(kStart + std::chrono::minutes{10});
  CHECK(machine.facts_held() == 6);
  machine.dispatcher.advance(kStart + std::chrono::minutes{17});
  CHECK(machine.facts_held() == 0);
  CHECK(machine.vm().host == "b");
}

TEST_CASE("A migration that stays silent is judged once, and healed by what comes later") {
  struct Case {
    const char* name;
    std::size_t heard;  // of the six events
    Outcome outcome;
    const char* host;
    Confidence confidence;
  };
  const Case cases[] = {{"begun", 1, Outcome::stuck, "src", Confidence::probable},
                        {"prepared", 2, Outcome::stuck, "src", Confidence::probable},
                        {"switched", 3, Outcome::uncertain, "dst", Confidence::probable},
                        {"at the destination", 4, Outcome::uncertain, "dst", Confidence::probable},
                        {"over", 5, Outcome::completed, "dst", Confidence::confirmed}};
  for (const Case& c : cases) {
    INFO(c.name);
    const std::vector<Made> stream = live_migration("req-1", kMinute, "src", "dst");
    Machine machine(shipped_rules());
    machine.feed(made("create.end", 0, "src", "req-0"));
    for (std::size_t i = 0; i < c.heard; ++i) machine.feed(stream[i]);
    machine.dispatcher.advance(kStart + std::chrono::minutes{12});
    CHECK(machine.model.migrations()[0].outcome == c.outcome);
    CHECK(machine.vm().host == c.host);
    CHECK(machine.vm().confidence == c.confidence);
    const std::size_t records = machine.records.types.size();
    machine.dispatcher.advance(kStart + std::chrono::minutes{13});
    CHECK(machine.records.types.size() == records);
    for (std::size_t i = c.heard; i < stream.size(); ++i) machine.feed(stream[i]);
    CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
    CHECK(machine.vm().host == "dst");
    CHECK(machine.vm().confidence == Confidence::confirmed);
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE("A completed migration is told once both ends are known, at the latest at the end") {
  const std::vector<Made> stream = live_migration("req-1", 0, "src", "dst");
  const auto completed = [](const Machine& machine) {
    return std::count(machine.records.types.begin(), machine.records.types.end(),
                      RecordType::migration_completed);
  };
  Machine machine(shipped_rules());
  machine.feed(stream[4]);
  CHECK(completed(machine) == 0);
  machine.feed(stream[5]);
  CHECK(completed(machine) == 1);
  machine.feed(stream[2]);
  machine.dispatcher.finish();
  CHECK(completed(machine) == 1);

  Machine without_source(shipped_rules());
  without_source.feed(stream[4]);
  without_source.dispatcher.finish();
  CHECK(completed(without_source) == 1);
  CHECK(without_source.records.differences(without_source.model) == "");
}

TEST_CASE("A late event that changes only the past corrects the history") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-0"));
  const std::vector<Made> first = live_migration("req-1", kMinute, "a", "b");
  machine.feed(first[4]);
  machine.feed(live_migration("req-2", 2 * kMinute, "b", "c"));
  machine.feed(made("snapshot.end", 30'000, "z", "req-3"));
  CHECK(machine.vm().host == "c");
  CHECK(machine.vm().timeline.size() == 4);
  CHECK(machine.records.types.back() == RecordType::history_corrected);
}

TEST_CASE("Deletion is final, whatever comes after it or late") {
  std::mt19937 random(5);
  std::vector<Made> stream = live_migration("req-1", 0, "a", "b");
  stream.push_back(made("delete.start", 3000, "b", "req-2"));
  stream.push_back(made("delete.end", 4000, "b", "req-2",
                        {{Field::state, "deleted"}, {Field::deleted_at, "2017-01-23T06:22:06"}}));
  stream.push_back(made("update", 5000, "ctl", "req-3", {{Field::payload_host, "b"}}));
  stream.push_back(made("power_on.end", 6000, "b", "req-4"));
  for (int trial = 0; trial < 200; ++trial) {
    std::shuffle(stream.begin(), stream.end(), random);
    Machine machine(shipped_rules());
    machine.feed(stream);
    CHECK(machine.vm().deleted);
    CHECK(machine.vm().host.empty());
    CHECK(machine.vm().confidence == Confidence::deleted);
    CHECK(machine.vm().timeline.back().to.has_value());
    CHECK(machine.model.migrations().size() == 1);
    machine.dispatcher.finish();
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE(
    "Host names compare without regard to case, and print as the deciding fact spelled them") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "Compute01", "req-0"));
  machine.feed(made("power_off.end", 60'000, "COMPUTE01", "req-1"));
  CHECK(machine.vm().host == "Compute01");
  CHECK(machine.vm().timeline.size() == 1);
  CHECK(machine.model.hosts().size() == 1);
  REQUIRE(machine.model.host("compute01"));
  CHECK(machine.model.host("compute01")->instances == 1);
}

TEST_CASE("A controller is no place for an instance") {
  for (const char* service : {"conductor", "nova-api", "nova-conductor", "None", "scheduler"}) {
    for (const Rule& rule : shipped_rules().rules()) {
      if (rule.about == About::host) continue;
      Machine machine(shipped_rules());
      Made event = made("", 0, "controller01", "req-1", {{Field::publisher_service, service}});
      event.event_type = rule.events.front();
      machine.feed(event);
      INFO(service << " " << rule.id);
      CHECK(machine.vm().host != "controller01");
      CHECK_FALSE(machine.model.host("controller01"));
    }
  }
  Machine machine(shipped_rules());
  for (const char* task : {"", "migrating", "spawning", "resize_finish"}) {
    machine.feed(made("update", 0, "controller01", "req-1", {{Field::task_state, task}}));
  }
  CHECK(machine.vm().host.empty());
}

TEST_CASE("An instance is found by its id, a prefix of it, or its name, if that is one's alone") {
  Machine machine(shipped_rules());
  const char* const ids[] = {"aaaa0000-0000-4000-8000-000000000001",
                             "aaaa0000-0000-4000-8000-000000000002",
                             "bbbb0000-0000-4000-8000-000000000003"};
  const char* const names[] = {"web", "db", "web"};
  for (int i = 0; i < 3; ++i) {
    Made boot = made("create.end", i, "a", "req-" + std::to_string(i));
    boot.fields[Field::instance_id] = ids[i];
    boot.fields[Field::display_name] = names[i];
    machine.feed(boot);
  }
  const auto found = [&](std::string_view text) {
    const auto id = machine.model.find(text);
    return id ? id->to_string() : std::string(info(id.error().code).name);
  };
  CHECK(found("BBBB0000-0000-4000-8000-000000000003") == ids[2]);
  CHECK(found("bbbb") == ids[2]);
  CHECK(found("BBBB0000-0000") == ids[2]);
  CHECK(found("db") == ids[1]);
  CHECK(found("web") == "ambiguous");
  CHECK(found("aaaa") == "ambiguous");
  CHECK(found("bbb") == "not_found");
  Made gone = made("delete.end", 60'000, "a", "req-9", {{Field::state, "deleted"}});
  gone.fields[Field::instance_id] = ids[0];
  machine.feed(gone);
  CHECK(found("web") == ids[2]);  // the other is deleted
  gone.fields[Field::instance_id] = ids[1];
  gone.message_id = "another";
  machine.feed(gone);
  CHECK(found("db") == ids[1]);  // deleted, but the only one
  CHECK(found("") == "not_found");
  CHECK(found("cccc0000-0000-4000-8000-000000000003") == "not_found");
}

TEST_CASE("Progress updates of a long migration take a bounded room") {
  Machine machine(shipped_rules());
  machine.feed(made("live_migration.pre.start", 0, "b", "req-1", {{Field::payload_host, "a"}}));
  for (int i = 1; i <= 1000; ++i) {
    machine.feed(made("update", i * 5000, "ctl", "req-1",
                      {{Field::task_state, "migrating"}, {Field::payload_host, "a"}}));
  }
  CHECK(machine.facts_held() <= 66);
  machine.feed(made("update", 500 * 5000, "ctl", "req-1",
                    {{Field::task_state, "migrating"}, {Field::payload_host, "a"}}));
  CHECK(machine.dispatcher.counts().applied + machine.dispatcher.counts().duplicate == 1002);
}

TEST_CASE("Progress updates that several conductors save take a bounded room as well") {
  const std::map<Field, std::string> migrating = {{Field::task_state, "migrating"},
                                                  {Field::payload_host, "a"}};
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -kMinute, "a", "req-0"));
  const std::vector<Made> migration = testing::live_migration("req-1", 0, "a", "b");
  machine.feed(migration[0]);
  constexpr int kUpdates = 6000;
  for (int i = 0; i < kUpdates; ++i) {
    const int conductor = (i * 7 + i / 3) % 4;
    machine.feed(
        made("update", 5000 * (i + 1), "ctl" + std::to_string(conductor), "req-1", migrating));
  }
  CHECK(machine.facts_held() < 200);
  machine.feed(made("live_migration.post.dest.end", 5000 * (kUpdates + 1), "b", "req-1"));
  CHECK(machine.vm().host == "b");
  REQUIRE(machine.model.migrations().size() == 1);
  CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
}

TEST_CASE("A completed migration whose source is never known is told when it is folded") {
  Machine machine(shipped_rules());
  machine.feed(made("evacuate", -100, "ctl", "req-1"));
  machine.feed(made("rebuild.start", 0, "b", "req-1"));
  machine.feed(made("rebuild.end", 900, "b", "req-1"));
  machine.feed(made("power_off.end", 2'400'000, "b", "req-2", {{Field::state, "stopped"}}));
  machine.feed(made("power_on.end", 4'800'000, "b", "req-3"));
  CHECK(machine.records.differences(machine.model) == "");
  const auto& types = machine.records.types;
  CHECK(std::count(types.begin(), types.end(), RecordType::migration_completed) == 1);
}

}  // namespace
}  // namespace vmtrail
