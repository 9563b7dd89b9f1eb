// SPDX-License-Identifier: Apache-2.0
// Rules files on top of each other.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "vmtrail/rules.h"

namespace vmtrail {
namespace {

std::vector<RulesText> over_shipped(const std::vector<std::string>& texts) {
  std::vector<RulesText> files{RuleSet::shipped_text()};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    files.push_back({std::string(1, static_cast<char>('a' + i)) + ".yaml", texts[i]});
  }
  return files;
}

RuleSet combined(const std::vector<std::string>& texts) {
  auto rules = RuleSet::parse(over_shipped(texts));
  if (!rules) FAIL(rules.error().detail);
  return std::move(*rules);
}

std::vector<std::string> ids(const RuleSet& rules) {
  std::vector<std::string> result;
  for (const Rule& rule : rules.rules()) result.push_back(rule.id);
  return result;
}

std::string rows(const std::string& text) {
  return "version: 1\nrules:\n" + text;
}

TEST_CASE("A file without rows changes nothing") {
  const RuleSet shipped = RuleSet::shipped();
  const RuleSet rules = combined({"version: 1\n", "version: 1\nrules: []\n"});
  CHECK(ids(rules) == ids(shipped));
  CHECK(rules.traits().empty());
  CHECK(rules.absences().empty());
}

TEST_CASE("A copy of the shipped table on top of it is the shipped table") {
  const RuleSet shipped = RuleSet::shipped();
  const RuleSet rules = combined({RuleSet::shipped_text().text});
  REQUIRE(ids(rules) == ids(shipped));
  for (std::size_t i = 0; i < rules.rules().size(); ++i) {
    const Rule& copy = rules.rules()[i];
    const Rule& original = shipped.rules()[i];
    INFO(copy.id);
    CHECK(copy.file == "a.yaml");
    CHECK(copy.line == original.line);
    CHECK(copy.replaces == "rules/nova.yaml:" + std::to_string(original.line));
    CHECK(copy.events == original.events);
    CHECK(copy.rank == original.rank);
    CHECK(copy.host == original.host);
    CHECK(copy.why == original.why);
  }
  CHECK(rules.warnings().empty());
}

TEST_CASE(
    "Rows are replaced in their place, new ones are asked first, the last file's before all") {
  const std::string first = rows(
      "- {id: mine, events: [a], why: x}\n- {id: lock, events: [b], why: x}\n"
      "- {id: other, events: [c], why: x}\n");
  const std::string second = rows(
      "- {id: latest, events: [d], why: x}\n"
      "- {id: mine, events: [e], why: x}\n");
  const std::vector<std::string> shipped = ids(RuleSet::shipped());
  const RuleSet rules = combined({first, second});
  std::vector<std::string> expected{"latest", "mine", "other"};
  expected.insert(expected.end(), shipped.begin(), shipped.end());
  CHECK(ids(rules) == expected);
  CHECK(rules.find("lock")->file == "a.yaml");
  CHECK(rules.find("mine")->events == std::vector<std::string>{"e"});
  CHECK(rules.find("mine")->replaces == "a.yaml:3");
}

TEST_CASE("A row that is removed is not there, also for files that follow") {
  const std::string removing = rows("- {id: lock, remove: true}\n");
  CHECK(combined({removing}).find("lock") == nullptr);
  CHECK(ids(combined({removing})).size() + 1 == ids(RuleSet::shipped()).size());
  CHECK_FALSE(RuleSet::parse(over_shipped({removing, removing})));
  const RuleSet again = combined({removing, rows("- {id: lock, events: [a], why: x}\n")});
  CHECK(again.rules().front().id == "lock");
}

TEST_CASE("The shipped table is left out on request, wherever the request stands") {
  const std::string own = rows("- {id: mine, events: [a], why: x}\n");
  CHECK(ids(combined({own, "version: 1\nshipped: false\n"})) == std::vector<std::string>{"mine"});
  CHECK(ids(combined({"version: 1\nshipped: false\n" + own.substr(11)})) ==
        std::vector<std::string>{"mine"});
}

TEST_CASE("A row like another says only what differs") {
  const RuleSet rules =
      combined({rows("- {id: mine, like: create.end, rank: 91, when: {traits: {vcpus: 4}}}\n")});
  const Rule& mine = *rules.find("mine");
  const Rule& model = *rules.find("create.end");
  CHECK(mine.events == model.events);
  CHECK(mine.host == model.host);
  CHECK(mine.why == model.why);
  CHECK(mine.rank == 91);
  CHECK(mine.when.traits.size() == 1);
  CHECK(mine.samples.empty());
  CHECK(mine.replaces.empty());
}

TEST_CASE("Aliases of several files add up: the last that names one counts") {
  const RuleSet rules = combined({"version: 1\ntraits: {payload_host: [vm_host, compute_host]}\n",
                                  "version: 1\ntraits: {publisher_host: compute_host}\n"});
  REQUIRE(rules.traits().aliases.size() == 2);
  CHECK(rules.traits().aliases[0].name == "compute_host");
  CHECK(rules.traits().aliases[0].field == Field::publisher_host);
  CHECK(rules.traits().aliases[1].name == "vm_host");
}

TEST_CASE("Traits that conditions and summaries name are wanted, once each") {
  const RuleSet rules = combined({rows(
      "- id: mine\n  like: create.end\n  when: {traits: {vcpus: {ge: 1, lt: 9}, memory_mb: 1}}\n"
      "  records: [{summary: '{trait.vcpus} {trait.rack}'}]\n")});
  CHECK(rules.traits().wanted == std::vector<std::string>{"memory_mb", "rack", "vcpus"});
}

TEST_CASE("A set in use goes on after a file that cannot be read") {
  RuleSet rules = combined({rows("- {id: mine, events: [a], why: x}\n")});
  const Rule* const mine = rules.find("mine");
  auto broken = RuleSet::parse(over_shipped({rows("- {id: mine, events: [b], why: [}\n")}));
  CHECK_FALSE(broken);
  if (broken) rules = std::move(*broken);
  Event event;
  event.message_id = "m";
  event.event_type = "a";
  CHECK(rules.match(event) == mine);
}

TEST_CASE("A mistake between files is told with its place, its row and what was expected") {
  struct Case {
    const char* name;
    std::string text;
    std::string message;
  };
  const std::string row = "- id: mine\n  like: create.end\n";
  const Case cases[] = {
      {"removing what is not there", rows("- {id: create.edn, remove: true}\n"),
       "a.yaml:3:8: rule 'create.edn': no earlier file has a rule 'create.edn' to remove; did you "
       "mean 'create.end'?; found: - {id: create.edn, remove: true}"},
      {"overriding what is not there",
       rows("- {id: creat.end, override: true, events: [a], why: x}\n"),
       "a.yaml:3:8: rule 'creat.end': no earlier file has a rule 'creat.end' to override; did you "
       "mean 'create.end'?; found: - {id: creat.end, override: true, events: [a], why: x}"},
      {"like what is not there", rows("- {id: a, like: xyzzy}\n"),
       "a.yaml:3:17: rule 'a': no earlier file has a rule 'xyzzy' to be like; found: - {id: a, "
       "like: xyzzy}"},
      {"remove: false", rows("- {id: lock, remove: false}\n"),
       "a.yaml:3:22: rule 'lock': 'remove' can only be true; found: - {id: lock, remove: false}"},
      {"removing and more", rows("- {id: lock, remove: true, rank: 3}\n"),
       "a.yaml:3:28: rule 'lock': unknown key 'rank'; expected id, remove, why; found: - {id: "
       "lock, remove: true, rank: 3}"},
      {"an alias of no field", "version: 1\ntraits: {payload_hots: [x]}\n",
       "a.yaml:2:10: unknown key 'payload_hots'; expected instance_id, display_name, project_id, "
       "request_id, publisher_service, publisher_host, payload_host, state, old_state, task_state, "
       "power_state, flavor, deleted_at, audit_period_ending, binary, disabled, forced_down; did "
       "you mean 'payload_host'?; found: traits: {payload_hots: [x]}"},
      {"one alias, two fields", "version: 1\ntraits: {payload_host: x, state: [y, x]}\n",
       "a.yaml:2:34: the alias 'x' is given twice; found: traits: {payload_host: x, state: [y, "
       "x]}"},
      {"unknown top-level key", "version: 1\nrule: []\n",
       "a.yaml:2:1: unknown key 'rule'; expected version, shipped, traits, rules, absences; did "
       "you "
       "mean 'rules'?; found: rule: []"},
      {"unknown operator", rows(row + "  when: {traits: {vcpus: {gte: 4}}}\n"),
       "a.yaml:5:27: rule 'mine': unknown operator 'gte'; expected eq, ne, lt, le, gt, ge, in, "
       "exists, glob; did you mean 'gt'?; found: when: {traits: {vcpus: {gte: 4}}}"},
      {"a list without in", rows(row + "  when: {traits: {vcpus: [1, 2]}}\n"),
       "a.yaml:5:26: rule 'mine': 'vcpus' must be a value, or a map of operators such as {ge: "
       "4096}, {in: [a, b]} or {exists: false}; found: when: {traits: {vcpus: [1, 2]}}"},
      {"unknown placeholder", rows(row + "  records: [{summary: '{nmae} moved'}]\n"),
       "a.yaml:5:23: rule 'mine': unknown placeholder 'nmae'; expected name, id, project_id, host, "
       "from, to, event_type, rule, message_id, operation, source, destination, outcome, "
       "confidence, time, trait.NAME; did you mean 'name'?; found: records: [{summary: '{nmae} "
       "moved'}]"},
      {"a lone brace", rows(row + "  records: [{summary: 'x } y'}]\n"),
       "a.yaml:5:23: rule 'mine': a '}' stands alone in the summary; a brace that is meant is "
       "written twice; found: records: [{summary: 'x } y'}]"},
      {"unknown severity", rows(row + "  records: [{severity: wraning}]\n"),
       "a.yaml:5:24: rule 'mine': unknown severity 'wraning'; expected clear, debug, info, "
       "warning, "
       "error, critical; did you mean 'warning'?; found: records: [{severity: wraning}]"},
      {"no such record", rows(row + "  records: [{types: instance.mvoed, severity: info}]\n"),
       "a.yaml:5:21: rule 'mine': no record type matches 'instance.mvoed'; did you mean "
       "'instance.moved'?; found: records: [{types: instance.mvoed, severity: info}]"},
      {"a record that says nothing", rows(row + "  records: [{types: '*'}]\n"),
       "a.yaml:5:13: rule 'mine': a record needs 'severity' or 'summary'; found: records: [{types: "
       "'*'}]"},
      {"an absence without within",
       "version: 1\nabsences:\n- {id: gone, after: [a], without: [b], why: x}\n",
       "a.yaml:3:3: absence 'gone': an absence needs 'within'; found: - {id: gone, after: [a], "
       "without: [b], why: x}"},
      {"an absence of no time",
       "version: 1\nabsences:\n- {id: gone, after: [a], without: [b], within: 0s, why: x}\n",
       "a.yaml:3:48: absence 'gone': 'within' must be longer than nothing; found: - {id: gone, "
       "after: [a], without: [b], within: 0s, why: x}"},
      {"an absence by another subject",
       "version: 1\nabsences:\n- {id: gone, after: [a], without: [b], within: 1m, by: host, why: "
       "x}\n",
       "a.yaml:3:56: absence 'gone': unknown subject 'host'; expected instance, request; found: - "
       "{id: gone, after: [a], without: [b], within: 1m, by: host, why: x}"},
      {"a placeholder that an absence lacks",
       "version: 1\nabsences:\n- {id: gone, after: [a], without: [b], within: 1m, why: x, summary: "
       "'{from}'}\n",
       "a.yaml:3:69: absence 'gone': unknown placeholder 'from'; expected name, id, project_id, "
       "host, event_type, rule, message_id, confidence, time; found: - {id: gone, after: [a], "
       "without: [b], within: 1m, why: x, summary: '{from}'}"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    const auto rules = RuleSet::parse(over_shipped({c.text}));
    REQUIRE_FALSE(rules);
    CHECK(rules.error().code == ErrorCode::rule_error);
    CHECK(rules.error().detail == c.message);
  }
}

TEST_CASE("like means what earlier files say, wherever it stands") {
  const std::string changed =
      "- {id: create.end, override: true, events: [compute.instance.create.end], why: x}\n";
  const std::string alike = "- {id: mine, like: create.end}\n";
  for (const std::string& text : {changed + alike, alike + changed}) {
    const auto rules = RuleSet::parse(over_shipped({rows(text)}));
    REQUIRE(rules);
    const Rule& mine = *rules->find("mine");
    CHECK(mine.rank == 90);
    CHECK(mine.operation == OperationKind::boot);
    CHECK(rules->find("create.end")->rank == 0);
  }
}

}  // namespace
}  // namespace vmtrail
