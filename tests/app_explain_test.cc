// SPDX-License-Identifier: Apache-2.0
// vmtrail explain, as it is called.

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::Ran;
using testing::Shell;

const std::string kSeed = VMTRAIL_FIXTURES "/captures/seed/ceilometer-collector.log";

TEST_CASE("explain tells each fact with its verdict, its rule and the reason") {
  const Shell shell;
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " + kSeed + state).exit == 0);
  const Ran json = shell.run("explain pdcmtest -o json" + state);
  REQUIRE(json.exit == 0);
  const auto answer = nlohmann::json::parse(json.out);
  CHECK(answer["host"] == "ndc27-3222");
  CHECK(answer["confidence"] == "confirmed");
  CHECK(answer["decided_by"] == "8db64329-606c-4184-9b5b-eb815166cb17");
  CHECK(answer["instance"]["name"] == "pdcmtest");
  CHECK(answer["sequence"] == 6);
  REQUIRE(answer["facts"].size() == 3);
  for (const auto& fact : answer["facts"]) {
    CHECK(fact.size() == 8);
    CHECK(fact["at"].get<std::string>().find("rules/nova.yaml:") == 0);
    CHECK(fact["reason"].get<std::string>().size() > 40);
  }
  CHECK(answer["facts"][1]["verdict"] == "decided");
  CHECK(answer["facts"][1]["publisher"] == "compute.ndc27-3222");
  CHECK(answer["facts"][2]["verdict"] == "not_an_authority");

  const Ran text = shell.run("explain pdcmtest" + state);
  CHECK_THAT(text.out, Catch::StartsWith("pdcmtest (87be4b45-e214-4ca3-8f5c-1bd31159f9e4) is on "
                                         "ndc27-3222 (confirmed)\n"));
  CHECK_THAT(text.out, Catch::Contains("It places the instance on ndc27-3222."));
  std::istringstream stream(text.out);
  for (std::string line; std::getline(stream, line);) CHECK(line.size() <= 110);
}

TEST_CASE("What is folded is explained from the store, in one run or in many") {
  // Two migrations an hour apart, each known from its ends alone.
  const auto event = [](int hour, const std::string& type, const std::string& host) {
    return R"({"message_id":"m)" + std::to_string(hour) + type + R"(","event_type":)" +
           R"("compute.instance.live_migration.)" + type + R"(","generated":"2017-01-23T)" +
           std::to_string(hour) + R"(:00:00","traits":[["instance_id",1,)" +
           R"("87be4b45-e214-4ca3-8f5c-1bd31159f9e4"],["host",1,")" + host +
           R"("],["service",1,"compute"],["state",1,"active"],["request_id",1,"req-)" +
           std::to_string(hour) + "\"]]}\n";
  };
  const std::string hops[] = {event(10, "post.dest.end", "a"), event(11, "post.dest.end", "b"),
                              event(12, "post.dest.end", "c"), event(13, "pre.start", "d"),
                              event(11, "post.dest.end", "b"), event(11, "pre.end", "b")};
  std::string all;
  for (const std::string& hop : hops) all += hop;

  const Shell shell;
  std::string once = " --state " + shell.path("once");
  REQUIRE(shell.run("replay " + shell.file("all.jsonl", all) + once).exit == 0);
  const std::string often = " --state " + shell.path("often");
  for (const std::string& hop : hops) {
    REQUIRE(shell.run("replay " + shell.file("hop.jsonl", hop) + often).exit == 0);
  }

  const auto facts = [&](const std::string& state) {
    return nlohmann::json::parse(shell.run("explain 87be -o json" + state).out)["facts"];
  };
  CHECK(facts(often) == facts(once));
  std::map<std::string, int> verdicts;
  for (const auto& fact : facts(once)) ++verdicts[fact["verdict"].get<std::string>()];
  CHECK(verdicts == std::map<std::string, int>{{"decided", 1},
                                               {"superseded", 2},
                                               {"not_an_authority", 1},
                                               {"duplicate", 1},
                                               {"too_late", 1}});
}

TEST_CASE("explain says no to those whom it does not know") {
  const Shell shell;
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " + kSeed + state).exit == 0);
  const Ran ran = shell.run("explain nobody" + state);
  CHECK(ran.exit == 1);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, Catch::Contains("nobody"));
}

}  // namespace
}  // namespace vmtrail
