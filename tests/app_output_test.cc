// SPDX-License-Identifier: Apache-2.0
// Where the program writes: not over its inputs, not where it cannot, and nothing that a terminal
// obeys.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::Ran;
using testing::Shell;

const std::string kSeed = VMTRAIL_FIXTURES "/captures/seed/ceilometer-collector.log";
const std::string kVm = "87be4b45-e214-4ca3-8f5c-1bd31159f9e4";

TEST_CASE("Writing over an input, or twice to one file, is refused") {
  const Shell shell;
  const std::string input = shell.file("in.log", "x");
  CHECK(shell.run("replay " + input + " --records " + input).exit == 2);
  CHECK(shell.contents("in.log") == "x");
  CHECK(shell
            .run("replay " + kSeed + " --records " + shell.path("o") + " --placement " +
                 shell.path("o"))
            .exit == 2);
  const std::string again = shell.path("") + "/./o";
  CHECK(shell.run("replay " + kSeed + " --records " + shell.path("o") + " --placement " + again)
            .exit == 2);
  CHECK(shell
            .run("replay " + kSeed + " --state " + shell.path("s") + " --placement " +
                 shell.path("s/vmtrail.db"))
            .exit == 2);
}

TEST_CASE("Where standard output is closed nothing is written to what is opened instead") {
  const Shell shell;
  const std::string state = shell.path("s");
  const std::string line = std::string("'") + VMTRAIL_PROGRAM + "' replay " + kSeed + " --state '" +
                           state + "' --records - >&- 2>'" + shell.path("err") + "'";
  CHECK(WEXITSTATUS(std::system(line.c_str())) == 3);
  const std::string lock = shell.contents("s/vmtrail.lock");
  CHECK(lock.find_first_not_of("0123456789\n") == std::string::npos);
}

TEST_CASE("A disk that is full is no success, of help neither") {
  const Shell shell;
  for (const char* arguments : {"--help", "--version", "rules list"}) {
    INFO(arguments);
    const std::string line = std::string("'") + VMTRAIL_PROGRAM + "' " + arguments +
                             " >/dev/full 2>'" + shell.path("err") + "'";
    CHECK(WEXITSTATUS(std::system(line.c_str())) == 3);
    CHECK_THAT(shell.contents("err"), Catch::Contains("standard output cannot be written"));
  }
}

TEST_CASE("Names of publishers cannot write to the terminal either") {
  const Shell shell;
  std::string events;
  for (int i = 0; i < 2; ++i) {
    const std::string number = std::to_string(i);
    events += R"({"message_id":"m)" + number +
              R"(","event_type":"compute.instance.live_migration.)" +
              (i == 0 ? "pre.start" : "post.dest.start") + R"(","generated":"2026-11-22T12:00:0)" +
              std::to_string(9 - 9 * i) + R"(","traits":[["instance_id",1,")" + kVm +
              R"("],["request_id",1,"req-1"],["service",1,"compute"],["host",1,"a\u001b[31m)" +
              number + R"("],["state",1,"active"]]})" + "\n";
  }
  const Ran ran = shell.run("replay " + shell.file("skewed.jsonl", events) + " --stats");
  CHECK_THAT(ran.out, Catch::Contains("\\x1b[31m"));
  CHECK((ran.out + ran.err).find('\x1b') == std::string::npos);
}

TEST_CASE("Names that tenants choose cannot write to the terminal") {
  const Shell shell;
  const std::string event =
      R"({"message_id":"m","event_type":"compute.instance.create.end","generated":"2026-11-22T12:00:00",)"
      R"("traits":[["instance_id",1,")" +
      kVm +
      R"("],["display_name",1,"\u001b[31mred\u0007\u009b\u202e\u2069é"],["service",1,"compute"],["host",1,"a"],["state",1,"active"]]})";
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " + shell.file("e.jsonl", event + "\n") + state).exit == 0);
  for (const char* query : {"where 87be", "instances", "host a", "history --host a"}) {
    const Ran ran = shell.run(query + state);
    INFO(query);
    CHECK_THAT(ran.out, Catch::Contains("\\x1b[31mred\\x07\\x9b\\u202e\\u2069é"));
    CHECK(ran.out.find('\x1b') == std::string::npos);
  }
}

}  // namespace
}  // namespace vmtrail
