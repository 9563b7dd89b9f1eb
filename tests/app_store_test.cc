// SPDX-License-Identifier: Apache-2.0
// vmtrail store: what it prints and how it exits.

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/shell.h"
#include "tests/sql.h"

namespace vmtrail {
namespace {

using testing::execute;
using testing::lines;
using testing::Ran;
using testing::Shell;

const std::string kCapture = VMTRAIL_FIXTURES "/captures/live_migration/nova.bodies.jsonl";

TEST_CASE("A state directory is checked, compacted and exported") {
  const Shell shell;
  const std::string state = " --state " + shell.path("state");
  const Ran replayed = shell.run("replay " + kCapture + state + " --records -");
  REQUIRE(replayed.exit == 0);

  const Ran checked = shell.run("store check" + state);
  CHECK(checked.exit == 0);
  CHECK(checked.out == "nothing is wrong\n");
  CHECK(shell.run("store compact" + state).exit == 0);

  CHECK(shell.run("store export" + state).out == replayed.out);
  const Ran rest = shell.run("store export records --since 10" + state);
  CHECK(lines(rest.out) == lines(replayed.out) - 10);
  CHECK_THAT(replayed.out, Catch::EndsWith(rest.out));
  const Ran placements = shell.run("store export placements" + state);
  CHECK(lines(placements.out) == 3);
  CHECK_THAT(placements.out, Catch::Contains("\"timeline\":["));
}

TEST_CASE("What is wrong with a state directory is said, and how to say it right") {
  const Shell shell;
  struct Case {
    std::string arguments;
    int exit;
    std::string message;
  };
  const std::string gone = " --state " + shell.path("gone");
  const Case cases[] = {
      {"store", 2, "a command is wanted"},
      {"store chekc" + gone, 2, "did you mean 'check'?"},
      {"store check", 2, "--state is required"},
      {"store export facts" + gone, 2, "facts"},
      {"store check" + gone, 3, "no state in"},
      {"store compact" + gone, 3, "no state in"},
      {"store export" + gone, 3, "no state in"},
      {"store export messages --since 5" + gone, 2, "--since is for records"},
  };
  for (const Case& c : cases) {
    INFO(c.arguments);
    const Ran ran = shell.run(c.arguments);
    CHECK(ran.exit == c.exit);
    CHECK_THAT(ran.err, Catch::StartsWith("vmtrail: ") && Catch::Contains(c.message));
    CHECK(ran.out.empty());
  }
  CHECK_FALSE(std::filesystem::exists(shell.path("gone")));
}

TEST_CASE("Another program's database is left alone") {
  const Shell shell;
  std::filesystem::create_directories(shell.path("other"));
  execute(shell.path("other"), "CREATE TABLE theirs (a)");
  const std::string before = shell.contents("other/vmtrail.db");
  const Ran ran = shell.run("replay " + kCapture + " --state " + shell.path("other"));
  CHECK(ran.exit == 3);
  CHECK_THAT(ran.err, Catch::Contains("holds no state"));
  CHECK(shell.contents("other/vmtrail.db") == before);
}

}  // namespace
}  // namespace vmtrail
