// SPDX-License-Identifier: Apache-2.0
// Questions at the command line: the layer's answers, as tables, CSV and JSON.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::lines;
using testing::Ran;
using testing::Shell;
using Json = nlohmann::json;

const std::string kCaptures = VMTRAIL_FIXTURES "/captures/";

/// A state with the live migrations of the captures.
struct Filled : Shell {
  Filled() {
    REQUIRE(run("replay " + kCaptures + "live_migration/nova.bodies.jsonl" + state).exit == 0);
  }
  [[nodiscard]] Ran ask(const std::string& question) const { return run(question + state); }
  [[nodiscard]] Json json(const std::string& question) const {
    return Json::parse(ask(question + " -o json").out);
  }
  const std::string state = " --state " + path("state");
};

/// Nova's list of what the capture ends with, as the openstack client prints it.
std::string servers() {
  std::ifstream input(kCaptures + "live_migration/expected.json");
  const Json truth = Json::parse(input);
  Json list = Json::array();
  for (const Json& one : truth["instances"]) {
    list.push_back({{"ID", one["instance_id"]},
                    {"Name", one["display_name"]},
                    {"Status", "ACTIVE"},
                    {"Power State", "Running"},
                    {"Host", one["host"]}});
  }
  return list.dump();
}

TEST_CASE("Wrong questions are one clear line each, with the right exit code") {
  const Filled shell;
  shell.file("text", "no list");
  shell.file("empty.json", "[]");
  shell.file("user.json", R"([{"ID":"87be4b45-e214-4ca3-8f5c-1bd31159f9e4","Status":"ACTIVE"}])");
  struct Case {
    std::string question;
    int exit;
    std::string message;
  };
  const Case cases[] = {
      {"where demo-a --at noon", 2, "'noon' is no time"},
      {"where nobody", 1, "instance 'nobody'"},
      {"host nowhere", 1, "host 'nowhere'"},
      {"together", 2, "INSTANCE is required"},
      {"history demo-a --host compute01", 2, "wants an INSTANCE or --host HOST"},
      {"history demo-a --since 1h --until 2h", 2, "'until' is before 'since'"},
      {"instances --limit none", 2, "greater than 0"},
      {"changes --since 100000", 2, "beyond the last record"},
      {"migrations --opne", 2, "did you mean '--open'?"},
      {"report cats", 2, "unknown report 'cats'"},
      {"reconcile " + shell.path("gone"), 3, "gone: No such file or directory"},
      {"reconcile " + shell.path(""), 3, "Is a directory"},
      {"reconcile " + shell.path("text"), 3, "text: the list is not JSON"},
      {"reconcile " + shell.path("user.json"), 3, "ask as an administrator"},
      {"reconcile --apply " + shell.path("empty.json"), 2, "would delete every instance"},
      {"reconcile --at noon " + shell.path("empty.json"), 2, "--at wants a time"},
      {"reconcile --at 9999-01-01 " + shell.path("empty.json"), 2, "in the future"},
  };
  for (const Case& c : cases) {
    INFO("vmtrail " << c.question);
    const Ran ran = shell.ask(c.question);
    CHECK(ran.exit == c.exit);
    CHECK_THAT(ran.err, Catch::StartsWith("vmtrail: ") && Catch::Contains(c.message));
    CHECK(lines(ran.err) == 1);
    CHECK(ran.out.empty());
  }
}

TEST_CASE("Every question answers as a table, as CSV of as many columns in each row, and as JSON") {
  const Filled shell;
  for (const char* question :
       {"where demo-a", "host compute01", "hosts", "instances", "history demo-a",
        "history --host compute02", "together demo-a", "migrations", "explain demo-a", "changes",
        "report hosts", "drain compute02", "impact compute01", "doctor", "stats"}) {
    INFO(question);
    const Ran table = shell.ask(question);
    CHECK(table.exit == 0);
    CHECK_FALSE(table.out.empty());
    CHECK(table.out.find('\x1b') == std::string::npos);
    const Ran csv = shell.ask(std::string(question) + " -o csv");
    CHECK(csv.exit == 0);
    CHECK(lines(csv.out) >= 1);
    const std::string head = csv.out.substr(0, csv.out.find('\n'));
    CHECK(head.find_first_of(" ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
    const Json json = shell.json(question);
    CHECK(json.begin() != json.end());
    for (const char* key : {"sequence", "newest_event", "age_s"}) CHECK(json.contains(key));
  }
}

TEST_CASE("A comma or a quote in a name stays in its cell of CSV") {
  const Shell shell;
  const std::string event =
      R"({"message_id":"m","event_type":"compute.instance.create.end","generated":"2026-11-22T12:00:00",)"
      R"("traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-1bd31159f9e4"],["display_name",1,"a, \"b\""],)"
      R"(["service",1,"compute"],["host",1,"a"],["state",1,"active"]]})";
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " + shell.file("e.jsonl", event + "\n") + state).exit == 0);
  CHECK(shell.run("instances -o csv" + state).out ==
        "instance,name,host,confidence,state,task,project\n"
        "87be4b45-e214-4ca3-8f5c-1bd31159f9e4,\"a, \"\"b\"\"\",a,confirmed,active,,\n");
}

TEST_CASE("The command line pages through a list by itself, or as it is told") {
  const Filled shell;
  const Json all = shell.json("instances")["instances"];
  REQUIRE(all.size() == 3);
  const Json first = shell.json("instances --limit 2");
  CHECK(first["instances"].size() == 2);
  const std::string marker = first["next"].get<std::string>();
  const Json rest = shell.json("instances --limit 2 --marker " + marker);
  CHECK(rest["instances"] == Json::array({all[2]}));
  CHECK(rest["next"].is_null());
  CHECK(lines(shell.ask("instances").out) == 4);
}

TEST_CASE("On a terminal tables fit it and have colours: NO_COLOR takes those away") {
  if (std::system("command -v script >/dev/null") != 0) {
    WARN("script(1) is not there: no terminal to try");
    return;
  }
  const Filled shell;
  const auto on_terminal = [&](const std::string& variables) {
    const std::string command =
        "stty cols 60; " + variables + " '" + VMTRAIL_PROGRAM + "' instances" + shell.state;
    const int status = std::system(("TERM=xterm script -qec \"" + command +
                                    "\" /dev/null </dev/null >'" + shell.path("typescript") + "'")
                                       .c_str());
    CHECK(WEXITSTATUS(status) == 0);
    return shell.contents("typescript");
  };
  CHECK_THAT(on_terminal("env"), Catch::Contains("\x1b[1m"));
  std::istringstream plain(on_terminal("NO_COLOR=1"));
  for (std::string line; std::getline(plain, line);) {
    CHECK(line.find('\x1b') == std::string::npos);
    const auto continued = std::count_if(line.begin(), line.end(),
                                         [](unsigned char c) { return (c & 0xC0U) == 0x80U; });
    CHECK(line.size() - static_cast<std::size_t>(continued) <= 61);  // with a carriage return
  }
}

TEST_CASE("reconcile says yes, says no, and makes a state of a list") {
  const Filled shell;
  const std::string list = shell.file("servers.json", servers());
  const Ran agreed = shell.ask("reconcile " + list);
  CHECK(agreed.exit == 0);
  CHECK(agreed.out == "3 instances agreed, 0 drifted\n");
  CHECK(shell.pipe(list, "reconcile - -o json" + shell.state).exit == 0);

  const std::string fresh = " --state " + shell.path("fresh");
  const Ran applied = shell.run("reconcile " + list + " --apply -o json" + fresh);
  CHECK(applied.exit == 1);
  const Json found = Json::parse(applied.out);
  CHECK(found["agreed"] == 0);
  CHECK(found["drift"].size() == 3);
  CHECK(found["applied"] == 3);
  CHECK(found["drift"][0]["class"] == "unknown");
  CHECK(found["drift"][0]["ours"].is_null());
  CHECK(found["drift"][0]["theirs"]["power_state"] == "running");
  CHECK_THAT(applied.err, Catch::Contains("there is no state in " + shell.path("fresh")));
  const Ran again = shell.run("reconcile " + list + " --apply" + fresh);
  CHECK(again.exit == 0);
  CHECK(again.err == "");
  for (const char* name : {"demo-a", "demo-b", "demo-c"}) {
    const Json ours = shell.json(std::string("where ") + name)["instance"];
    const Json listed =
        Json::parse(shell.run(std::string("where ") + name + " -o json" + fresh).out)["instance"];
    CHECK(listed["host"] == ours["host"]);
    CHECK(listed["confidence"] == "confirmed");
  }
}

TEST_CASE("A list that lacks many instances deletes none of them, unless it is told to") {
  const Shell shell;
  const auto list_of = [&](const std::string& name, int servers) {
    Json list = Json::array();
    for (int i = 0; i < servers; ++i) {
      const std::string digits = std::to_string(100 + i);
      list.push_back({{"ID", "87be4b45-e214-4ca3-8f5c-1bd311590" + digits},
                      {"Name", "vm-" + digits},
                      {"Status", "ACTIVE"},
                      {"Host", "node-1"}});
    }
    return shell.file(name, list.dump());
  };
  const std::string state = " --state " + shell.path("s");
  const auto apply = [&](const std::string& list, const std::string& hour) {
    return shell.run("reconcile " + list + " --apply --at 2017-01-23T" + hour + ":00:00Z" + state);
  };
  REQUIRE(apply(list_of("all", 40), "10").exit == 1);
  const std::string few = list_of("few", 20);
  const Ran left = apply(few, "11");
  CHECK(left.exit == 1);
  CHECK_THAT(left.out, Catch::StartsWith("20 instances agreed, 20 drifted\n") &&
                           Catch::Contains("\n0 applied\n"));
  CHECK_THAT(left.err, Catch::Contains("lists 20 servers and lacks 20 instances"));
  CHECK(Json::parse(shell.run("where vm-139 -o json" + state).out)["instance"]["deleted"] == false);
  CHECK(apply(list_of("some", 30), "12").out.find("\n10 applied\n") != std::string::npos);
  const Ran all = apply(few + " --all-ghosts", "13");
  CHECK_THAT(all.out, Catch::Contains("\n10 applied\n"));
  CHECK(all.err.empty());
  CHECK(Json::parse(shell.run("where vm-120 -o json" + state).out)["instance"]["deleted"] == true);
}

TEST_CASE("Man pages and completions know every command and option of the help") {
  const Shell shell;
  const std::string pages = shell.path("pages");
  REQUIRE(shell.run("pages " + pages).exit == 0);
  const std::string bash = shell.contents("pages/bash-completion/completions/vmtrail");
  const std::string zsh = shell.contents("pages/zsh/site-functions/_vmtrail");
  const std::string fish = shell.contents("pages/fish/vendor_completions.d/vmtrail.fish");
  const std::string index = shell.contents("pages/man/man1/vmtrail.1");
  std::istringstream help(shell.run("--help").out);
  std::size_t commands = 0;
  for (std::string line; std::getline(help, line);) {
    if (line.rfind("  ", 0) != 0) continue;
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    INFO(command);
    ++commands;
    const std::string page = shell.contents("pages/man/man1/vmtrail-" + command + ".1");
    CHECK_THAT(page, Catch::Contains(".SH NAME"));
    CHECK_THAT(index, Catch::Contains(".B " + command + "\n"));
    CHECK_THAT(bash, Catch::Contains("    " + command + ")\n"));
    CHECK_THAT(zsh, Catch::Contains("    " + command + ")\n"));
    CHECK_THAT(fish, Catch::Contains("-a " + command + " -d"));
    std::istringstream own(shell.run(command + " --help").out);
    for (std::string option; std::getline(own, option);) {
      const auto at = option.find("--");
      if (option.rfind("  ", 0) != 0 || at == std::string::npos || at > 5) continue;
      const std::string name = option.substr(at, option.find_first_of(" ,", at) - at);
      INFO(name);
      CHECK_THAT(bash, Catch::Contains(name));
      CHECK_THAT(zsh, Catch::Contains("'" + name + "["));
      CHECK_THAT(fish, Catch::Contains(" -l " + name.substr(2) + " "));
    }
  }
  CHECK(commands >= 15);
  CHECK(std::system(("bash -n '" + pages + "/bash-completion/completions/vmtrail'").c_str()) == 0);
}

TEST_CASE("bash completes commands, options and what an option may be") {
  const Shell shell;
  const std::string pages = shell.path("pages");
  REQUIRE(shell.run("pages " + pages).exit == 0);
  const auto completed = [&](const std::string& words, int at) {
    const std::string script = shell.file(
        "try.sh", ". '" + pages + "/bash-completion/completions/vmtrail'\nCOMP_WORDS=(vmtrail " +
                      words + ")\nCOMP_CWORD=" + std::to_string(at) +
                      "\n_vmtrail\necho \"${COMPREPLY[*]}\"\n");
    std::system(("bash '" + script + "' >'" + shell.path("out") + "'").c_str());
    return shell.contents("out");
  };
  CHECK(completed("mig", 1) == "migrations\n");
  CHECK(completed("migrations --fa", 2) == "--failed\n");
  CHECK(completed("hosts -o c", 3) == "csv\n");
  CHECK(completed("rules ch", 2) == "check\n");
}

}  // namespace
}  // namespace vmtrail
