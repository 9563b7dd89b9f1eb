// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "vmtrail/dispatcher.h"

namespace vmtrail {
namespace {

TEST_CASE("Every shipped rule does what its samples say") {
  const RuleSet rules = RuleSet::shipped();
  for (const std::string& failure : check_samples(rules).failures) FAIL_CHECK(failure);
}

TEST_CASE("Every shipped rule has a sample and a reason") {
  const RuleSet rules = RuleSet::shipped();
  REQUIRE(rules.rules().size() > 70);
  for (const Rule& rule : rules.rules()) {
    INFO(rule.id);
    CHECK_FALSE(rule.samples.empty());
    CHECK(rule.why.size() > 20);
  }
}

TEST_CASE("A sample that does not hold is reported with file, line, rule and both values") {
  const auto rules = RuleSet::parse(R"(version: 1
rules:
- id: arrived
  events: [compute.instance.arrived]
  rank: 90
  operation: boot
  phase: end
  host: [publisher]
  why: A made-up event.
  samples:
  - event: {publisher: compute.a}
    expect: {host: b}
)",
                                    "mine.yaml");
  REQUIRE(rules);
  const std::vector<std::string> failures = check_samples(*rules).failures;
  REQUIRE(failures.size() == 1);
  CHECK(failures[0] ==
        "mine.yaml:11: rule 'arrived': compute.instance.arrived: host: expected 'b', is 'a'");
}

TEST_CASE("A sample of a rule of patterns says its type, and is run") {
  const auto rules = RuleSet::parse(R"(version: 1
traits: {payload_host: [vm_host]}
rules:
- id: tool
  events: ["my.tool.*"]
  host: [payload]
  why: A made-up event.
  samples:
  - event: {type: my.tool.done, host: a}
    expect: {host: b}
  - event: {type: your.tool.done, host: a}
    expect: {host: a}
  - event: {type: my.tool.done, host: a, traits: {vm_host: b}}
    expect: {host: a}
)",
                                    "mine.yaml");
  REQUIRE(rules);
  const SampleResults results = check_samples(*rules);
  CHECK(results.samples == 3);
  CHECK(results.failures ==
        std::vector<std::string>{
            "mine.yaml:9: rule 'tool': my.tool.done: host: expected 'b', is 'a'",
            "mine.yaml:11: rule 'tool': your.tool.done: matches no rule",
            "mine.yaml:13: rule 'tool': my.tool.done: the trait 'vm_host' contradicts what else "
            "tells payload_host"});
}

TEST_CASE("A sample that another rule takes is reported") {
  const auto rules = RuleSet::parse(R"(version: 1
rules:
- {id: all, events: ["compute.*"], why: Takes everything.}
- id: shadowed
  events: [compute.instance.arrived]
  why: Never reached.
  samples:
  - {event: {publisher: compute.a}, expect: {host: null}}
)",
                                    "mine.yaml");
  REQUIRE(rules);
  const std::vector<std::string> failures = check_samples(*rules).failures;
  REQUIRE(failures.size() == 1);
  CHECK_THAT(failures[0], Catch::Contains("matches rule 'all' instead"));
}

std::vector<std::string> failures_over_shipped(const std::string& text) {
  const std::vector<RulesText> files{RuleSet::shipped_text(), {"a.yaml", "version: 1\n" + text}};
  const auto rules = RuleSet::parse(files);
  if (!rules) FAIL(rules.error().detail);
  return check_samples(*rules).failures;
}

TEST_CASE("A sample tells traits, by names of the site's own as well") {
  CHECK(failures_over_shipped(R"(traits: {payload_host: vm_host}
rules:
- id: mine
  like: update
  when: {traits: {rack: {ge: 4}}}
  samples:
  - {event: {publisher: conductor.ctl, traits: {rack: 5, vm_host: src}}, expect: {host: src}}
)")
            .empty());
  const auto failures = failures_over_shipped(R"(rules:
- id: mine
  like: update
  when: {traits: {rack: {ge: 4}}}
  samples:
  - {event: {publisher: conductor.ctl, traits: {rack: 3}}, expect: {host: null}}
)");
  REQUIRE(failures.size() == 2);  // legacy and versioned
  CHECK(failures[0] ==
        "a.yaml:7: rule 'mine': compute.instance.update: matches rule 'update' "
        "instead");
}

TEST_CASE("A sample may have an operation of the instance share its request") {
  CHECK(failures_over_shipped(R"(rules:
- id: mine
  events: [site.gave_up]
  rank: 80
  phase: raised
  about: request
  why: Made up.
  samples:
  - given: {host: src, vm_state: active, operation: live_migration}
    event: {publisher: site.x}
    expect: {host: src, outcome: failed}
)")
            .empty());
}

TEST_CASE("Samples of the shipped table hold whichever row takes them") {
  CHECK(failures_over_shipped("rules:\n- {id: mine, like: lock}\n").empty());
  const auto failures =
      failures_over_shipped("rules:\n- {id: mine, like: power_off.end, power: running}\n");
  REQUIRE_FALSE(failures.empty());
  CHECK_THAT(failures[0], Catch::StartsWith("rules/nova.yaml:") &&
                              Catch::EndsWith("rule 'mine' takes it: power_state: expected "
                                              "'shutdown', is 'running'"));
}

TEST_CASE("A sample of an absence that does not hold is reported") {
  CHECK(failures_over_shipped(R"(absences:
- id: gone
  after: [a]
  without: [b]
  within: 1m
  why: Made up.
  samples:
  - {events: [{type: a}, {type: b, at: 61s}], missing: false}
  - {events: [{type: a}, {type: b, at: 60s}], missing: false}
  - {events: [{type: b}], missing: true}
)") == std::vector<std::string>{"a.yaml:9: absence 'gone': missing: expected false, is true",
                                "a.yaml:11: absence 'gone': missing: expected true, is false"});
}

}  // namespace
}  // namespace vmtrail
