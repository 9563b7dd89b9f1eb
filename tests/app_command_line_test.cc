// SPDX-License-Identifier: Apache-2.0
// The program as it is called: exit codes, what goes where, and messages of one line.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::lines;
using testing::Ran;
using testing::Shell;

const std::string kSeed = VMTRAIL_FIXTURES "/captures/seed/ceilometer-collector.log";
const std::string kVm = "87be4b45-e214-4ca3-8f5c-1bd31159f9e4";

std::string bytes_of(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

TEST_CASE("Wrong usage and unreadable input are one clear line each, with the right exit code") {
  const Shell shell;
  shell.file("empty", "");
  shell.file("binary", std::string("\x7f"
                                   "ELF\0\1\2\3\n\n\xff\xfe\0",
                                   13));
  shell.file("text", "nothing to see here\n");
  shell.file("rules.yaml", "version: 1\nrules:\n- {id: a, evnets: [b], why: c}\n");
  shell.file("lock.yaml", "version: 1\nrules:\n- {id: lock, remove: true}\n");
  struct Case {
    std::string arguments;
    int exit;
    std::string message;
  };
  const std::string dir = shell.path("");
  const Case cases[] = {
      {"", 2, "a command is wanted"},
      {"relpay x", 2, "unknown command 'relpay'; did you mean 'replay'?"},
      {"replay", 2, "FILE is required"},
      {"replay --plaecment - x", 2, "unknown option '--plaecment'; did you mean '--placement'?"},
      {"replay " + shell.path("gone"), 3, "gone: No such file or directory"},
      {"replay '" + dir + "'", 3, "Is a directory"},
      {"replay " + shell.path("empty"), 0, "empty is empty"},
      {"replay " + shell.path("binary"), 3, "no event in it decodes"},
      {"replay " + shell.path("text"), 3, "no event in it decodes"},
      {"replay --records - --placement - x", 2, "can have standard output"},
      {"replay --stats --placement - x", 2, "can have standard output"},
      {"replay - -", 2, "'-' is given twice"},
      {"replay --rules - -", 2, "'-' is given twice"},
      {"rules check /dev/zero", 3, "larger than 16 MB"},
      {"replay --format xml x", 2, "unknown format 'xml'"},
      {"replay --horizon -3m x", 2, "wants a duration"},
      {"replay --speed fast x", 2, "wants 'max' or a number"},
      {"replay --rules " + shell.path("gone") + " x", 3, "gone"},
      {"replay --rules " + shell.path("rules.yaml") + " x", 2,
       "rules.yaml:3:11: rule 'a': unknown key 'evnets'"},
      {"replay --rules " + shell.path("lock.yaml") + " --rules " + shell.path("gone") + " x", 3,
       "gone"},
      {"rules", 2, "a command is wanted (see vmtrail rules --help)"},
      {"rules chekc", 2, "unknown command 'chekc'; did you mean 'check'?"},
      {"rules list --ouptut json", 2, "unknown option '--ouptut'; did you mean '--output'?"},
      {"rules check " + shell.path("gone"), 3, "gone: No such file or directory"},
      {"rules test '" + dir + "'", 3, "Is a directory"},
      {"rules list " + shell.path("rules.yaml"), 2,
       "rules.yaml:3:11: rule 'a': unknown key 'evnets'"},
      {"replay --records " + dir + "/no/such/dir " + kSeed, 3, "No such file or directory"},
      {"where x", 2, "--state DIR or --connect URL"},
      {"where x --state " + shell.path("gone"), 3, "no state in"},
      {"history --state " + dir, 2, "wants an INSTANCE or --host HOST"},
      {"where x --state " + dir + " -o xml", 2, "xml"},
      {"where '' --state " + dir, 2, "INSTANCE: nothing is given"},
      {"instances --host '' --state " + dir, 2, "--host: nothing is given"},
      {"replay --state '' " + kSeed, 2, "--state: nothing is given"},
      {"where --hlep", 2, "unknown option '--hlep'; did you mean '--help'?"},
      {"instances --state " + shell.path("gone"), 3, "no state in"},
  };
  for (const Case& c : cases) {
    INFO("vmtrail " << c.arguments);
    const Ran ran = shell.run(c.arguments);
    CHECK(ran.exit == c.exit);
    CHECK_THAT(ran.err, Catch::StartsWith("vmtrail: ") && Catch::Contains(c.message));
    CHECK(lines(ran.err) == 1);
    CHECK(ran.out.empty());
  }
}

TEST_CASE("Standard output is data alone: placement, records and statistics are JSON") {
  const Shell shell;
  const Ran placement = shell.run("replay " + kSeed + " --placement -");
  CHECK(placement.exit == 0);
  const auto document = nlohmann::json::parse(placement.out);
  REQUIRE(document["instances"].size() == 1);
  CHECK(document["instances"][0]["host"] == "ndc27-3222");
  CHECK(document["instances"][0]["vm_state"] == "active");
  CHECK(document["instances"][0]["task_state"].is_null());
  CHECK(document["migrations"][0]["outcome"] == "completed");
  CHECK(document["migrations"][0]["source"] == "ndc27-3205");
  CHECK_THAT(placement.err, Catch::Contains("applied") && Catch::Contains("migration.completed"));

  const Ran records = shell.run("replay " + kSeed + " --records -");
  std::istringstream stream(records.out);
  std::int64_t expected = 0;
  for (std::string line; std::getline(stream, line);) {
    const auto record = nlohmann::json::parse(line);
    CHECK(record["specversion"] == "1.0");
    CHECK(record["sequence"] == std::to_string(++expected));
    CHECK(record["id"] == record["sequence"]);
  }
  CHECK(document["sequence"] == expected);

  const Ran stats = shell.run("replay " + kSeed + " --stats -o json");
  const auto counts = nlohmann::json::parse(stats.out);
  CHECK(counts["events"] == 3);
  CHECK(counts["applied"] == 3);
  CHECK(counts["instances"] == 1);
  CHECK(counts["hosts"] == 2);
  CHECK(counts["skipped_lines"] == 0);
  CHECK(counts["quarantined"]["total"] == 0);
  CHECK(counts["records"]["migration.completed"] == 1);
  CHECK(counts["bytes"] == std::filesystem::file_size(kSeed));
}

TEST_CASE("Records in Zenoss' form tell the same in its fields") {
  const Shell shell;
  const Ran ran = shell.run("replay " + kSeed + " --records - --record-format zenoss");
  CHECK(ran.exit == 0);
  CHECK(lines(ran.out) == 6);
  std::istringstream stream(ran.out);
  std::string last;
  for (std::string line; std::getline(stream, line);) last = line;
  const auto event = nlohmann::json::parse(last);
  CHECK(event["device"] == "default");
  CHECK(event["component"] == "server-" + kVm);
  CHECK(event["eventClassKey"] == "openstack-compute.instance.live_migration._post.end");
  CHECK(event["eventKey"] == "d0dc4f4a-454a-42c5-b767-386dc3e0d1f3|migration.completed");
  CHECK(event["severity"] == 2);
  CHECK(event["summary"] ==
        "Instance pdcmtest: live migration from ndc27-3205 to ndc27-3222 completed");
  CHECK(shell.run("replay " + kSeed + " --record-format xml").exit == 2);
}

TEST_CASE("Two replays of the same input write the same bytes, from a file or a pipe") {
  const Shell shell;
  const std::string log = VMTRAIL_FIXTURES "/captures/live_migration/zenoss/collector.py3.log";
  CHECK(shell
            .run("replay " + log + " --records " + shell.path("a.rec") + " --placement " +
                 shell.path("a.json"))
            .exit == 0);
  CHECK(shell
            .pipe(log, "replay - --records " + shell.path("b.rec") + " --placement " +
                           shell.path("b.json"))
            .exit == 0);
  CHECK(shell.contents("a.rec") == shell.contents("b.rec"));
  CHECK(shell.contents("a.json") == shell.contents("b.json"));
  CHECK(lines(shell.contents("a.rec")) > 20);
}

TEST_CASE("Any number of jobs writes the same bytes") {
  const Shell shell;
  std::vector<std::string> inputs = {
      VMTRAIL_FIXTURES "/captures/delete/zenoss/file.repr.txt.zst",
      VMTRAIL_FIXTURES "/captures/evacuate/nova.bodies.jsonl.zst",
      VMTRAIL_FIXTURES "/cases/bad_among_good/events.jsonl",
  };
  for (const auto& file : std::filesystem::directory_iterator(VMTRAIL_FIXTURES "/decoder")) {
    if (file.path().extension() != ".md") inputs.push_back(file.path().string());
  }
  const std::string whole = bytes_of(inputs.front());
  inputs.push_back(shell.file("cut.zst", whole.substr(0, whole.size() / 2)));
  for (const std::string& input : inputs) {
    INFO(input);
    std::string alone;
    for (const char* jobs : {"1", "2", "3", "8"}) {
      const std::string options = std::string(" --jobs ") + jobs + " --records " +
                                  shell.path("rec") + " --quarantine " + shell.path("bad");
      const Ran ran = shell.run("replay " + input + " " + kSeed + options + " --placement -");
      CHECK(ran.exit == (input == inputs.back() ? 3 : 0));
      auto counts =
          nlohmann::json::parse(shell.run("replay " + input + options + " --stats -o json").out);
      counts.erase("seconds");
      const Ran piped = shell.pipe(input, "replay -" + options + " --placement -");
      const std::string all =
          ran.out + counts.dump() + piped.out + shell.contents("rec") + shell.contents("bad");
      if (alone.empty()) alone = all;
      CHECK(all == alone);
    }
  }
  CHECK(shell.run("replay --jobs 0 " + kSeed).exit == 2);
  CHECK(shell.run("replay --jobs 1000 " + kSeed).exit == 2);
}

TEST_CASE("A state directory answers, and a second replay of the same finds only duplicates") {
  const Shell shell;
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " + kSeed + state).exit == 0);
  const Ran again = shell.run("replay " + kSeed + " --stats -o json" + state);
  const auto counts = nlohmann::json::parse(again.out);
  CHECK(counts["applied"] == 0);
  CHECK(counts["duplicate"] == 3);
  CHECK(counts["records"].empty());

  for (const std::string& instance : {kVm, std::string("87be4b45"), std::string("pdcmtest")}) {
    const Ran where = shell.run("where " + instance + state);
    CHECK(where.exit == 0);
    CHECK_THAT(where.out, Catch::Contains("ndc27-3222 (confirmed)") &&
                              Catch::Contains("rules/nova.yaml:") &&
                              Catch::Contains("live_migration.post.dest.end"));
  }
  const auto answer = nlohmann::json::parse(shell.run("where pdcmtest -o json" + state).out);
  CHECK(answer["instance"]["host"] == "ndc27-3222");
  CHECK(answer["sequence"] == 6);
  CHECK(answer["newest_event"] == "2017-01-23T06:22:02.776665Z");
  CHECK(answer["age_s"] > 0);

  const Ran unknown = shell.run("where nobody" + state);
  CHECK(unknown.exit == 1);
  CHECK(lines(unknown.err) == 1);
  CHECK(shell.run("host nowhere" + state).exit == 1);

  const auto before = nlohmann::json::parse(
      shell.run("where pdcmtest --at 2017-01-23T06:22:02.7Z -o json" + state).out);
  CHECK(before["instance"]["host"].is_null());
  const auto after = nlohmann::json::parse(shell.run("where pdcmtest --at 0s -o json" + state).out);
  CHECK(after["instance"]["host"] == "ndc27-3222");

  const auto hosts = nlohmann::json::parse(shell.run("hosts -o json" + state).out);
  CHECK(hosts["hosts"].size() == 2);
  const auto host = nlohmann::json::parse(shell.run("host NDC27-3222 -o json" + state).out);
  CHECK(host["host"]["name"] == "ndc27-3222");
  CHECK(host["host"]["instances"][0]["id"] == kVm);
  const auto instances = nlohmann::json::parse(shell.run("instances -o json" + state).out);
  CHECK(instances["instances"].size() == 1);
  CHECK(instances["next"].is_null());
  CHECK(
      nlohmann::json::parse(shell.run("instances --state active -o json" + state).out)["instances"]
          .size() == 1);
  CHECK(
      nlohmann::json::parse(shell.run("instances --state stopped -o json" + state).out)["instances"]
          .empty());
  CHECK(nlohmann::json::parse(
            shell.run("instances --host ndc27-3205 -o json" + state).out)["instances"]
            .empty());
  const auto history = nlohmann::json::parse(shell.run("history pdcmtest -o json" + state).out);
  CHECK(history["history"][0]["cause"] == "live_migration");
  const auto held =
      nlohmann::json::parse(shell.run("history --host ndc27-3222 -o json" + state).out);
  CHECK(held["history"][0]["instance"] == kVm);
  CHECK(nlohmann::json::parse(shell.run("migrations -o json" + state).out)["migrations"].size() ==
        1);
  CHECK(nlohmann::json::parse(shell.run("migrations --failed -o json" + state).out)["migrations"]
            .empty());
  for (const char* query :
       {"hosts", "instances", "migrations", "history pdcmtest", "host ndc27-3222"}) {
    const Ran table = shell.run(query + state);
    CHECK(table.exit == 0);
    CHECK(lines(table.out) >= 2);
  }
}

TEST_CASE("The rules commands answer on standard output") {
  const Shell shell;
  const std::string wrong = shell.file("wrong.yaml", R"(version: 1
rules:
- id: lock
  like: lock
  samples:
  - {event: {state: active}, expect: {host: x}}
- id: small
  like: create.end
  when: {traits: {vcpus: {lt: 1, gt: 2}}}
)");
  for (const std::string command : {"check", "test", "list", "list -o json"}) {
    INFO(command);
    const Ran ran = shell.run("rules " + command);
    CHECK(ran.exit == 0);
    CHECK(ran.err.empty());
    CHECK(!ran.out.empty());
  }
  const Ran checked = shell.run("rules check " + wrong);
  CHECK(checked.exit == 0);
  CHECK_THAT(checked.out, Catch::Contains("wrong.yaml:9:9: rule 'small': unreachable: ") &&
                              Catch::EndsWith(" rules, 0 absences: 1 warning\n"));
  const Ran tested = shell.run("rules test " + wrong);
  CHECK(tested.exit == 1);
  CHECK_THAT(
      tested.out,
      Catch::Contains("wrong.yaml:6: rule 'lock': instance.lock: host: expected 'x', is null") &&
          Catch::EndsWith(" rules: 2 expectations not met\n"));
  const auto listed = nlohmann::json::parse(shell.run("rules list -o json " + wrong).out);
  CHECK(listed["rules"][0]["id"] == "small");
  CHECK(listed["rules"][0]["overrides"].is_null());
  bool overridden = false;
  for (const auto& rule : listed["rules"]) {
    if (rule["id"] != "lock") continue;
    overridden = true;
    CHECK_THAT(rule["at"].get<std::string>(), Catch::EndsWith("wrong.yaml:3"));
    CHECK_THAT(rule["overrides"].get<std::string>(), Catch::StartsWith("rules/nova.yaml:"));
    CHECK(rule["writes"] == nlohmann::json::array({"attributes"}));
  }
  CHECK(overridden);
  const Ran replayed = shell.run("replay " + kSeed + " --rules " + wrong);
  CHECK(replayed.exit == 0);
  CHECK_THAT(replayed.err, Catch::Contains("rule 'small': unreachable"));
}

TEST_CASE("A state remembers its rules files, and what they wait for") {
  const Shell shell;
  const std::string rules = shell.file("mine.yaml", R"(version: 1
absences:
- id: restless
  after: [compute.instance.pause.end]
  without: [compute.instance.unpause.end]
  within: 5m
  why: Nobody pauses for long here.
)");
  const auto event = [&](const std::string& name, const std::string& type,
                         const std::string& time) {
    return shell.file(name, R"({"message_id":")" + name + R"(","event_type":"compute.instance.)" +
                                type + R"(","generated":"2026-11-22T)" + time +
                                R"(","traits":[["instance_id",1,")" + kVm +
                                R"("],["host",1,"a"],["state",1,"active"]]})");
  };
  const std::string state = " --records - --state " + shell.path("state");
  const Ran paused =
      shell.run("replay " + event("m1", "pause.end", "10:00:00") + " --rules " + rules + state);
  REQUIRE(paused.exit == 0);
  CHECK_THAT(paused.out, !Catch::Contains("event.missing"));
  const Ran later = shell.run("replay " + event("m2", "update", "10:05:01") + state);
  REQUIRE(later.exit == 0);
  CHECK_THAT(later.out, Catch::Contains("event.missing") && Catch::Contains("restless"));
  const Ran latest = shell.run("replay " + event("m3", "update", "10:30:00") + state);
  REQUIRE(latest.exit == 0);
  CHECK_THAT(latest.out, !Catch::Contains("event.missing"));
}

TEST_CASE("Traits of the site's own come from every thread that decodes") {
  const Shell shell;
  const std::string rules = shell.file("mine.yaml", R"(version: 1
traits: {payload_host: [vm_host]}
rules:
- id: mine
  like: update
  when: {traits: {rack: r*}}
  records: [{summary: "{name} is in {trait.rack}"}]
)");
  std::string events;
  for (int i = 0; i < 2000; ++i) {
    events += R"({"message_id":"m)" + std::to_string(i) +
              R"(","event_type":"compute.instance.update","generated":"2026-11-22T10:00:00",)" +
              R"("traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-)" +
              std::to_string(100'000'000'000 + i) + R"("],["vm_host",1,"h)" + std::to_string(i) +
              R"("],["rack",1,"r)" + std::to_string(i) + R"("],["state",1,"active"]]})" + "\n";
  }
  const std::string replay =
      "replay " + shell.file("events", events) + " --rules " + rules + " --records - --jobs ";
  const std::string alone = shell.run(replay + "1").out;
  CHECK_THAT(alone, Catch::Contains(R"("to":{"host":"h1999"})") &&
                        Catch::Contains("100000001999 is in r1999"));
  CHECK(shell.run(replay + "4").out == alone);
}

TEST_CASE("A state that other rules have filled is asked by those rules") {
  const Shell shell;
  const std::string rules = shell.file("mine.yaml", R"(version: 1
rules:
- id: mine
  events: [compute.instance.live_migration.post.dest.end]
  rank: 90
  operation: live_migration
  phase: completed
  host: [publisher]
  destination: [publisher]
  why: My own reason.
)");
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " + kSeed + " --rules " + rules + state).exit == 0);
  const Ran where = shell.run("where pdcmtest" + state);
  CHECK_THAT(where.out,
             Catch::Contains("ndc27-3222") && Catch::Contains("mine.yaml:3 mine: My own reason."));
}

TEST_CASE("An instance that was deleted can be asked for, then and now") {
  const Shell shell;
  const std::string state = " --state " + shell.path("state");
  REQUIRE(shell.run("replay " VMTRAIL_FIXTURES "/cases/update_after_delete/events.jsonl" + state)
              .exit == 0);
  struct Case {
    const char* at;
    const char* host;
    const char* confidence;
    bool deleted;
  };
  const Case cases[] = {{"", "", "deleted", true},
                        {" --at 2026-11-22T12:30:00", "", "deleted", true},
                        {" --at 2026-11-22T11:30:00", "a", "confirmed", false},
                        {" --at 2026-11-22T10:00:00", "", "unknown", false}};
  for (const Case& c : cases) {
    INFO(c.at);
    const auto answer =
        nlohmann::json::parse(shell.run("where web-1 -o json" + state + c.at).out)["instance"];
    CHECK((answer["host"].is_null() ? "" : answer["host"].get<std::string>()) == c.host);
    CHECK(answer["confidence"] == c.confidence);
    CHECK(answer["deleted"] == c.deleted);
  }
}

TEST_CASE("What a state has ever taken is a copy, wherever the stream stands") {
  const Shell shell;
  const std::string state = " --state " + shell.path("state") + " --stats -o json";
  const std::string capture = VMTRAIL_FIXTURES "/captures/live_migration/default/http.bodies.jsonl";
  std::string later = bytes_of(capture);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"2026-11-22", "2026-11-25"},
                                 {R"("message_id": ")", R"("message_id": "later-)"}}) {
    for (std::size_t at = later.find(from); at != std::string::npos; at = later.find(from, at)) {
      later.replace(at, from.size(), to);
      at += to.size();
    }
  }
  const std::string other = shell.file("later.jsonl", later);
  const auto taken = [&](const std::string& file) {
    const auto counts = nlohmann::json::parse(shell.run("replay " + file + state).out);
    return std::pair(counts["events"].get<int>(), counts["duplicate"].get<int>());
  };
  const int events = taken(capture).first;
  CHECK(taken(other) == std::pair(events, 0));
  for (const std::string& again : {capture, other, capture, other}) {
    CHECK(taken(again) == std::pair(events, events));
  }
}

TEST_CASE("What cannot be decoded is told, counted, kept, and stops nothing") {
  const Shell shell;
  const std::string events = VMTRAIL_FIXTURES "/cases/bad_among_good/events.jsonl";
  const Ran ran = shell.run("replay " + events + " --quarantine " + shell.path("bad.jsonl") +
                            " --state " + shell.path("state") + " --stats -o json");
  CHECK(ran.exit == 0);
  const auto counts = nlohmann::json::parse(ran.out);
  CHECK(counts["applied"] == 2);
  CHECK(counts["quarantined"]["total"] == 7);
  CHECK(counts["events"] == counts["applied"].get<int>() + counts["duplicate"].get<int>() +
                                counts["ignored"]["total"].get<int>() +
                                counts["quarantined"]["total"].get<int>());
  std::istringstream stream(shell.contents("bad.jsonl"));
  int kept = 0;
  for (std::string line; std::getline(stream, line); ++kept) {
    const auto bad = nlohmann::json::parse(line);
    CHECK_FALSE(bad["bytes"].get<std::string>().empty());
    CHECK(bad["line"] > 0);
  }
  CHECK(kept == 7);
  CHECK_THAT(ran.err, Catch::Contains("events.jsonl:2: quarantined: "));
}

TEST_CASE("Of a compressed file that was cut short, what came before the cut is applied") {
  const Shell shell;
  std::ifstream input(VMTRAIL_FIXTURES "/captures/power/nova.bodies.jsonl.gz", std::ios::binary);
  std::ostringstream bytes;
  bytes << input.rdbuf();
  const std::string cut = shell.file("cut.gz", bytes.str().substr(0, bytes.str().size() / 2));
  const Ran ran = shell.run("replay " + cut + " --stats -o json");
  CHECK(ran.exit == 3);
  CHECK(nlohmann::json::parse(ran.out)["applied"] > 5);
  CHECK_THAT(ran.err, Catch::Contains("cut.gz"));
}

TEST_CASE("One file that cannot be read does not keep the others from being read") {
  const Shell shell;
  const Ran ran = shell.run("replay " + shell.path("gone") + " " + kSeed + " --placement -");
  CHECK(ran.exit == 3);
  CHECK(nlohmann::json::parse(ran.out)["instances"].size() == 1);
}

}  // namespace
}  // namespace vmtrail
