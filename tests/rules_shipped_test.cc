// SPDX-License-Identifier: Apache-2.0
// The shipped table in the form that the build gives it, and what its text says.

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "rules/combine.h"
#include "rules/table_bytes.h"
#include "vmtrail/rules.h"

namespace vmtrail {
namespace {

/// The same table, as a text that is not the embedded one, so that it is parsed.
RulesText parsed_text() {
  RulesText text = RuleSet::shipped_text();
  text.text += "# parsed\n";
  return text;
}

std::vector<std::string> messages(const RuleSet& rules) {
  std::vector<std::string> result;
  for (const RuleWarning& warning : rules.warnings()) result.push_back(warning.message());
  return result;
}

void check_same(const RuleSet& one, const RuleSet& other) {
  REQUIRE(one.rules().size() == other.rules().size());
  for (std::size_t i = 0; i < one.rules().size(); ++i) {
    INFO(one.rules()[i].id);
    CHECK(one.rules()[i] == other.rules()[i]);
  }
  REQUIRE(one.absences().size() == other.absences().size());
  for (std::size_t i = 0; i < one.absences().size(); ++i) {
    CHECK(one.absences()[i] == other.absences()[i]);
  }
  CHECK(one.traits() == other.traits());
  CHECK(messages(one) == messages(other));
}

// What the shipped table has none of as well.
constexpr const char* kEverything = R"(version: 1
traits: {payload_host: [vm_host, compute_host], state: vm_state}
rules:
- id: everything
  events: [a.b, "c.*"]
  when:
    state: active
    task: spawning
    audit: periodic
    changed: true
    deleted_at: false
    traits: {m: {ge: 0.1, lt: -1e300}, t: 1969-12-31T23:59:59.5, q: '4', g: {in: [a, 2]}, e: {exists: false}}
  rank: 99
  operation: resize
  phase: raised
  host: [publisher, payload]
  source: nowhere
  destination: payload
  writes: [vm_state, task_state, attributes, deleted]
  power: crashed
  database: true
  about: request
  causal: true
  limit: 2h
  records:
  - {types: 'instance.*', severity: critical, summary: '{name} {trait.rack} of "{id}" {{}}'}
  - {severity: clear}
  why: |
    Lines,
    and 'ümläuts'.
  samples:
  - {given: {host: h}, event: {state: null, traits: {rack: r7, none: null}}, expect: {host: ""}}
- {id: lock, override: true, events: [x], why: y}
absences:
- id: gone
  after: [a.b]
  without: ["c.*", d]
  within: 90s
  by: request
  severity: error
  summary: "no end of {name}"
  why: z
  samples:
  - {events: [{type: a.b}, {type: d, at: 1s, request: other}], missing: true}
)";

TEST_CASE("The prepared table is what its text comes to") {
  const auto parsed = RuleSet::parse({{parsed_text()}});
  REQUIRE(parsed);
  CHECK(parsed->rules().size() > 100);
  check_same(RuleSet::shipped(), *parsed);
  const auto prepared = RuleSet::parse({{RuleSet::shipped_text()}});
  REQUIRE(prepared);
  check_same(*prepared, *parsed);
}

TEST_CASE("A site's files come to the same on top of the prepared table and of its text") {
  const std::string rows = "version: 1\nrules:\n";
  const std::vector<std::vector<std::string>> stacks = {
      {"version: 1\n"},
      {"version: 1\nshipped: false\n"},
      {kEverything},
      {kEverything, rows + "- {id: everything, like: lock, rank: 3}\n"},
      {kEverything, "version: 1\nshipped: false\n"},
      {rows + "- {id: lock, remove: true}\n- {id: mine, like: create.end}\n"},
      {rows + "- {id: lock, remove: true}\n", rows + "- {id: lock, events: [a], why: x}\n"},
      {RuleSet::shipped_text().text},
      {rows + "- {id: a, events: [instance.lokc], why: x}\n- {id: b, like: lock}\n"},
      // and what is refused
      {""},
      {"version: 1\nrules: [\n"},
      {"version: 1\nshipped: maybe\n"},
      {rows + "- {id: a, like: lokc}\n"},
      {rows + "- {id: lokc, remove: true}\n"},
      {rows + "- {id: lock, remove: true}\n", rows + "- {id: lock, remove: true}\n"},
      {"version: 1\nshipped: false\n" + rows.substr(11) + "- {id: lock, override: true}\n"},
      {kEverything, rows + "- {id: a, events: [a], rank: 100, why: x}\n"},
  };
  for (const auto& stack : stacks) {
    std::vector<RulesText> files{RuleSet::shipped_text()};
    for (const std::string& text : stack) {
      INFO(text.substr(0, 200));
      files.push_back({std::to_string(files.size()) + ".yaml", text});
    }
    const auto prepared = RuleSet::parse(files);
    files.front() = parsed_text();
    const auto parsed = RuleSet::parse(files);
    INFO(stack.back().substr(0, 200));
    REQUIRE(prepared.has_value() == parsed.has_value());
    if (parsed) {
      check_same(*prepared, *parsed);
    } else {
      CHECK(prepared.error().detail == parsed.error().detail);
    }
  }
}

TEST_CASE("The embedded text is the shipped table only where that stands") {
  const RulesText shipped = RuleSet::shipped_text();
  const auto renamed = RuleSet::parse(shipped.text, "mine.yaml");
  REQUIRE(renamed);
  CHECK(renamed->rules().front().file == "mine.yaml");
  const auto second = RuleSet::parse({{{"mine.yaml", "version: 1\n"}, shipped}});
  REQUIRE(second);
  CHECK(second->rules().size() == RuleSet::shipped().rules().size());
}

TEST_CASE("Rules survive being bytes") {
  const RulesText files[] = {parsed_text(), {"everything.yaml", kEverything}};
  const auto parsed = combine(files);
  if (!parsed) FAIL(parsed.error().detail);
  const Rule& rule = parsed->rules.front();
  REQUIRE(rule.when.traits.size() == 6);
  CHECK(from_bytes(to_bytes(*parsed)) == *parsed);
  CHECK(from_bytes(to_bytes(Parsed{})) == Parsed{});
}

TEST_CASE("Rules that differ anywhere are not the same") {
  const RulesText files[] = {parsed_text(), {"everything.yaml", kEverything}};
  const auto parsed = combine(files);
  if (!parsed) FAIL(parsed.error().detail);
  const std::vector<std::function<void(Parsed&)>> changes = {
      [](Parsed& all) { all.rules[0].samples[0].event.back().second = "x"; },
      [](Parsed& all) { all.rules[0].samples[0].traits.back().second = ""; },
      [](Parsed& all) { all.rules[0].samples[0].line++; },
      [](Parsed& all) { all.rules[0].when.traits[0].values[0].typed = 0.2; },
      [](Parsed& all) { all.rules[0].when_at.column++; },
      [](Parsed& all) { all.rules[0].records[0].summary.pieces.pop_back(); },
      [](Parsed& all) { all.rules[0].limit += std::chrono::microseconds{1}; },
      [](Parsed& all) { all.rules[0].writes.deleted = false; },
      [](Parsed& all) { all.rules[1].replaces = "x"; },
      [](Parsed& all) { all.absences[0].samples[0].events[1].request.clear(); },
      [](Parsed& all) { all.absences[0].within += std::chrono::microseconds{1}; },
      [](Parsed& all) { all.aliases[0].at.line++; },
      [](Parsed& all) { all.aliases[0].alias.field = Field::flavor; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO(i);
    Parsed changed = *parsed;
    changes[i](changed);
    CHECK_FALSE(changed == *parsed);
    CHECK(to_bytes(changed) != to_bytes(*parsed));
    CHECK(from_bytes(to_bytes(changed)) == changed);
  }
}

TEST_CASE("A rule knows its place in its set, and its id leads to it") {
  CHECK(Rule{}.index == Rule::kNoIndex);
  const auto set = RuleSet::parse({{RuleSet::shipped_text(), {"everything.yaml", kEverything}}});
  REQUIRE(set);
  for (std::size_t i = 0; i < set->rules().size(); ++i) {
    const Rule& rule = set->rules()[i];
    CHECK(rule.index == i);
    CHECK(set->find(rule.id) == &rule);
  }
  CHECK(set->find("") == nullptr);
  CHECK(set->find("create.en") == nullptr);
}

TEST_CASE("What the model reads of a rule stands in one cache line") {
  const Rule rule;
  const auto* const begin = reinterpret_cast<const char*>(&rule);
  CHECK(reinterpret_cast<const char*>(&rule.limit + 1) - begin <= 64);
  CHECK(alignof(Rule) == 64);
}

}  // namespace
}  // namespace vmtrail
