// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "vmtrail/dispatcher.h"

namespace vmtrail {
namespace {

TEST_CASE("Every shipped rule does what its samples say") {
  const RuleSet rules = RuleSet::shipped();
  for (const std::string& failure : check_samples(rules)) FAIL_CHECK(failure);
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
  const std::vector<std::string> failures = check_samples(*rules);
  REQUIRE(failures.size() == 1);
  CHECK(failures[0] ==
        "mine.yaml:11: rule 'arrived': compute.instance.arrived: host: expected 'b', is 'a'");
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
  const std::vector<std::string> failures = check_samples(*rules);
  REQUIRE(failures.size() == 1);
  CHECK_THAT(failures[0], Catch::Contains("matches rule 'all' instead"));
}

}  // namespace
}  // namespace vmtrail
