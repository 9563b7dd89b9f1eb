// SPDX-License-Identifier: Apache-2.0
// Answers to requests: their shapes, their errors, and what Nova's database said of the captures.

#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "tests/asked.h"
#include "tests/recorded.h"

namespace vmtrail {
namespace {

using testing::asked;
using testing::events_of;
using testing::file_of;
using testing::Machine;
using testing::made;
using testing::Made;
using testing::Options;
using testing::shipped_rules;
using testing::text_of;
using testing::told;
using Json = nlohmann::json;

Made booted(const std::string& id, const std::string& name, const std::string& host, int ms) {
  return made("create.end", ms, host, "req-boot-" + id,
              {{Field::instance_id, id}, {Field::display_name, name}, {Field::task_state, ""}});
}

std::string id_of(int number) {
  std::string digits = std::to_string(number);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

TEST_CASE(
    "where, host, hosts, instances and migrations say of each capture what Nova's database says") {
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    Machine machine(shipped_rules());
    machine.feed(events_of(file_of(scenario, "nova.bodies.jsonl")));
    machine.dispatcher.finish();
    std::ifstream input(testing::kCaptures / scenario / "expected.json");
    const Json truth = Json::parse(input);

    std::map<std::string, std::set<std::string>> on_host;
    for (const Json& nova : truth["instances"]) {
      const std::string id = text_of(nova["instance_id"]);
      const Json instance = told(machine.model, "where", {{"instance", id}})["instance"];
      CHECK(instance["id"] == id);
      CHECK(instance["deleted"] == nova["deleted"]);
      if (nova["deleted"].get<bool>()) continue;
      CHECK(instance["host"] == nova["host"]);
      CHECK(instance["vm_state"] == nova["vm_state"]);
      CHECK(instance["task_state"] == nova["task_state"]);
      if (!nova["host"].is_null()) on_host[text_of(nova["host"])].insert(id);
      const Json facts = told(machine.model, "explain", {{"instance", id}});
      CHECK(facts["host"] == nova["host"]);
      CHECK_FALSE(facts["facts"].empty());
    }
    std::set<std::string> counted;
    for (const Json& host : Json(told(machine.model, "hosts")["hosts"])) {
      const std::string name = text_of(host["name"]);
      CHECK(host["instances"] == on_host[name].size());
      std::set<std::string> held;
      for (const Json& one :
           Json(told(machine.model, "host", {{"host", name}})["host"]["instances"])) {
        held.insert(text_of(one["id"]));
      }
      CHECK(held == on_host[name]);
      std::set<std::string> listed;
      for (const Json& one :
           Json(told(machine.model, "instances", {{"host", name}})["instances"])) {
        listed.insert(text_of(one["id"]));
      }
      CHECK(listed == on_host[name]);
    }
    CHECK(told(machine.model, "instances")["instances"].size() == truth["instances"].size());
    std::multiset<std::string> ends;
    for (const Json& one : truth["migrations"]) {
      ends.insert(text_of(one["instance_uuid"]) + text_of(one["source_compute"]) +
                  text_of(one["dest_compute"]));
    }
    std::multiset<std::string> ours;
    for (const Json& one : Json(told(machine.model, "migrations")["migrations"])) {
      ours.insert(text_of(one["instance"]) + text_of(one["source"]) + text_of(one["destination"]));
    }
    CHECK(ours == ends);
    const Json stats = told(machine.model, "stats")["stats"];
    CHECK(stats["instances"] == truth["instances"].size());
  }
}

TEST_CASE("Every answer begins with sequence, newest event and its age") {
  Machine machine(shipped_rules());
  CHECK(told(machine.model, "hosts") == Json({{"sequence", 0},
                                              {"newest_event", nullptr},
                                              {"age_s", nullptr},
                                              {"hosts", Json::array()}}));
  machine.feed(booted(id_of(1), "web-1", "a", 0));
  const std::string text = asked(machine.model, "hosts").json;
  CHECK_THAT(text, Catch::StartsWith(R"({"sequence":)"));
  const Json answer = Json::parse(text);
  CHECK(answer["newest_event"] == "2017-01-23T06:22:02.000000Z");
  CHECK(answer["age_s"] == 90.0);
  CHECK(answer["hosts"] == Json::parse(R"([{"name":"a","status":"up","instances":1}])"));
}

TEST_CASE("Wrong questions are told what is wrong with them") {
  Machine machine(shipped_rules());
  machine.feed(booted(id_of(1), "web", "a", 0));
  machine.feed(booted(id_of(2), "web", "b", 10));
  struct Case {
    std::string op;
    Options options;
    ErrorCode code;
    std::string message;
  };
  const Case cases[] = {
      {"wehre", {}, ErrorCode::wrong_usage, "unknown op 'wehre'; did you mean 'where'?"},
      {"", {}, ErrorCode::wrong_usage, "unknown op ''"},
      {"where", {}, ErrorCode::wrong_usage, "where wants 'instance'"},
      {"where", {{"instnace", "x"}}, ErrorCode::wrong_usage, "did you mean 'instance'?"},
      {"where", {{"instance", "web"}, {"at", "noon"}}, ErrorCode::wrong_usage, "'noon' is no time"},
      {"where", {{"instance", "db"}}, ErrorCode::not_found, "instance 'db'"},
      {"where", {{"instance", id_of(3)}}, ErrorCode::not_found, id_of(3)},
      {"where", {{"instance", "web"}}, ErrorCode::ambiguous, "'web' may be " + id_of(1)},
      {"where", {{"instance", "0000"}}, ErrorCode::ambiguous, "'0000' may be"},
      {"host", {{"host", "c"}}, ErrorCode::not_found, "host 'c'"},
      {"history", {}, ErrorCode::wrong_usage, "an instance or a host"},
      {"history", {{"host", "a"}, {"instance", "x"}}, ErrorCode::wrong_usage, "one of them"},
      {"together",
       {{"instance", id_of(1)}, {"since", "1h"}, {"until", "2h"}},
       ErrorCode::wrong_usage,
       "'until' is before 'since'"},
      {"instances", {{"limit", "0"}}, ErrorCode::wrong_usage, "greater than 0"},
      {"instances", {{"limit", "-1"}}, ErrorCode::wrong_usage, "greater than 0"},
      {"instances", {{"limit", "99999999999999999999"}}, ErrorCode::wrong_usage, "limit"},
      {"instances", {{"marker", "web"}}, ErrorCode::wrong_usage, "not a UUID"},
      {"migrations", {{"open", "maybe"}}, ErrorCode::wrong_usage, "true or false"},
      {"migrations", {{"host", "c"}}, ErrorCode::not_found, "host 'c'"},
      {"changes", {{"since", "x"}}, ErrorCode::wrong_usage, "a sequence"},
      {"changes", {{"since", "999"}}, ErrorCode::wrong_usage, "beyond the last record"},
      {"report", {}, ErrorCode::wrong_usage, "report wants 'report'"},
      {"report", {{"report", "cats"}}, ErrorCode::wrong_usage, "unknown report 'cats'"},
      {"doctor", {}, ErrorCode::wrong_usage, "state directory"},
  };
  for (const Case& c : cases) {
    INFO(c.op << " " << c.message);
    const Answer answer = asked(machine.model, c.op, c.options);
    REQUIRE(answer.error);
    CHECK(answer.error->code == c.code);
    CHECK_THAT(answer.error->message(), Catch::Contains(c.message));
    const Json json = Json::parse(answer.json);
    CHECK(json["error"]["code"] == std::string(info(c.code).name));
    CHECK(json["error"]["message"] == answer.error->message());
    CHECK(json.contains("sequence"));
    CHECK(json["error"].contains("candidates") == (c.code == ErrorCode::ambiguous));
  }
  const Json ambiguous = Json::parse(asked(machine.model, "where", {{"instance", "web"}}).json);
  CHECK(ambiguous["error"]["candidates"] ==
        Json::parse(R"([{"id":")" + id_of(1) + R"(","name":"web","project_id":null,"host":"a"},)" +
                    R"({"id":")" + id_of(2) + R"(","name":"web","project_id":null,"host":"b"}])"));
}

TEST_CASE("Requests are read from JSON, whatever it is") {
  const auto request = parse_request(
      R"({"limit":5,"op":"instances","host":"a","open":true,"all":false,"name":null})");
  REQUIRE(request);
  CHECK(request->op == "instances");
  CHECK(*request->find("limit") == "5");
  CHECK(*request->find("host") == "a");
  CHECK(*request->find("open") == "true");
  CHECK(request->find("name") == nullptr);
  CHECK(request->find("all") == nullptr);
  for (const char* wrong :
       {"", "[]", "3", "{", R"({"op":3})", R"({"instance":"x"})", R"({"op":"where","instance":[]})",
        R"({"op":"where","instance":1.5})", "{\"op\":\"\xff\"}"}) {
    INFO(wrong);
    const auto bad = parse_request(wrong);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::wrong_usage);
  }
  const std::string deep(100'000, '[');
  CHECK_FALSE(parse_request(R"({"op":)" + deep));
}

TEST_CASE("The pages of a list are the list") {
  Machine machine(shipped_rules());
  // Heard of in another order than that of their ids.
  for (int i = 0; i < 50; ++i) {
    machine.feed(booted(id_of(i * 37 % 50), i % 3 == 0 ? "db" : "web", i % 2 == 0 ? "a" : "b", i));
  }
  for (const Options& filter : {Options{}, Options{{"host", "A"}}, Options{{"name", "d*"}}}) {
    Options all = filter;
    all.emplace_back("limit", "all");
    const Json whole = told(machine.model, "instances", all);
    CHECK(whole["next"].is_null());
    for (const std::size_t limit : {1U, 7U, 25U, 50U, 51U}) {
      Json joined = Json::array();
      Json next;
      do {
        Options page = filter;
        page.emplace_back("limit", std::to_string(limit));
        if (!next.is_null()) page.emplace_back("marker", text_of(next));
        const Json answer = told(machine.model, "instances", page);
        CHECK(answer["instances"].size() <= limit);
        for (const Json& one : answer["instances"]) joined.push_back(one);
        next = answer["next"];
      } while (!next.is_null());
      CHECK(joined == whole["instances"]);
    }
  }
  CHECK(told(machine.model, "instances", {{"host", "a"}})["instances"].size() == 25);
  CHECK(told(machine.model, "instances", {{"name", "db"}})["instances"].size() == 17);
  CHECK(told(machine.model, "instances", {{"state", "stopped"}})["instances"].empty());
  CHECK(told(machine.model, "instances", {{"project", "p"}})["instances"].empty());
}

TEST_CASE("Migrations are chosen by outcome, host and time") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", -5000, "a", "req-boot"));
  machine.feed(testing::live_migration("req-1", 0, "a", "b"));
  machine.feed(
      made("live_migration.pre.start", 60'000, "c", "req-2", {{Field::payload_host, "b"}}));
  const auto count = [&](const Options& options) {
    return told(machine.model, "migrations", options)["migrations"].size();
  };
  CHECK(count({}) == 2);
  CHECK(count({{"open", "true"}}) == 1);
  CHECK(count({{"open", "false"}}) == 2);
  CHECK(count({{"failed", "true"}}) == 0);
  CHECK(count({{"stuck", "true"}}) == 0);
  CHECK(count({{"host", "A"}}) == 1);
  CHECK(count({{"host", "b"}}) == 2);
  CHECK(count({{"since", "2017-01-23T06:22:30Z"}}) == 1);
  CHECK(count({{"until", "2017-01-23T06:22:30Z"}}) == 1);
  CHECK(count({{"instance", std::string(testing::kVm)}}) == 2);
  machine.dispatcher.advance(testing::kStart + std::chrono::hours{1});
  CHECK(count({{"stuck", "true"}}) == 1);
  CHECK(count({{"open", "true"}, {"failed", "true"}}) == 1);
}

TEST_CASE("A day is its first moment") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-boot"));
  machine.feed(testing::live_migration("req-1", 24 * 3'600'000, "a", "b"));
  const Json then = told(machine.model, "where", {{"instance", "87be"}, {"at", "2017-01-24"}});
  CHECK(then["instance"]["host"] == "a");
  CHECK(then["at"] == "2017-01-24T00:00:00.000000Z");
}

TEST_CASE("What was never anywhere is at its newest fact what it is now") {
  Machine machine(shipped_rules());
  machine.feed(made("delete.end", 0, "a", "req-1", {{Field::state, "deleted"}}));
  REQUIRE(machine.vm().timeline.empty());
  const auto at = [&](const char* time) {
    return told(machine.model, "where", {{"instance", "87be"}, {"at", time}})["instance"];
  };
  CHECK(at("0s")["confidence"] == "deleted");
  CHECK(at("0s")["deleted"] == true);
  CHECK(at("1s")["confidence"] == "unknown");
  CHECK(at("1s")["deleted"] == false);
}

TEST_CASE("A duration before the newest event may be followed by ago") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-boot"));
  machine.feed(testing::live_migration("req-1", 7'200'000, "a", "b"));
  for (const char* before : {"1h", "1h ago", "PT1H", "2017-01-23T07:22:03Z"}) {
    const Json then = told(machine.model, "where", {{"instance", "87be"}, {"at", before}});
    CHECK(then["instance"]["host"] == "a");
    CHECK_THAT(text_of(then["at"]), Catch::StartsWith("2017-01-23T07:22:03"));
  }
}

}  // namespace
}  // namespace vmtrail
