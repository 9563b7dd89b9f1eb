// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "vmtrail/rules.h"
#include "vmtrail/suggest.h"

namespace vmtrail {
namespace {

std::string in_rule(const std::string& lines) {
  return "version: 1\nrules:\n- id: arrived\n  events: [compute.instance.arrived]\n  why: Made "
         "up.\n" +
         lines;
}

TEST_CASE("A mistake in a rules file is told with its place, its rule and what was expected") {
  struct Case {
    const char* name;
    std::string text;
    std::string message;
  };
  const Case cases[] = {
      {"unknown key", in_rule("  rnak: 3\n"),
       "mine.yaml:6:3: rule 'arrived': unknown key 'rnak'; expected id, like, override, remove, "
       "events, when, rank, operation, phase, host, source, destination, writes, power, database, "
       "about, "
       "causal, limit, records, why, samples; did you mean 'rank'?; found: rnak: 3"},
      {"unknown operation", in_rule("  operation: live_migratoin\n"),
       "mine.yaml:6:14: rule 'arrived': unknown operation 'live_migratoin'; expected boot, "
       "live_migration, resize, confirm, revert, rebuild, shelve, unshelve, delete, soft_delete, "
       "restore, action, volume, audit, abort, force_complete; did you mean 'live_migration'?; "
       "found: operation: live_migratoin"},
      {"unknown witness", in_rule("  host: [publishre]\n"),
       "mine.yaml:6:9: rule 'arrived': unknown host 'publishre'; expected payload, publisher, "
       "nowhere; did you mean 'publisher'?; found: host: [publishre]"},
      {"rank out of range", in_rule("  rank: 100\n"),
       "mine.yaml:6:9: rule 'arrived': 'rank' must be 0 to 99; found: rank: 100"},
      {"rank no number", in_rule("  rank: high\n"),
       "mine.yaml:6:9: rule 'arrived': 'rank' must be a whole number; found: rank: high"},
      {"limit no duration", in_rule("  limit: soon\n"),
       "mine.yaml:6:10: rule 'arrived': 'limit' must be a duration such as 90s, 15m, 2h or PT15M; "
       "found: limit: soon"},
      {"same key twice", in_rule("  rank: 1\n  rank: 2\n"),
       "mine.yaml:7:3: rule 'arrived': 'rank' is given twice; found: rank: 2"},
      {"changed: false", in_rule("  when: {changed: false}\n"),
       "mine.yaml:6:19: rule 'arrived': 'changed' can only be true; found: when: {changed: false}"},
      {"sample without expectation", in_rule("  samples:\n  - {event: {state: active}}\n"),
       "mine.yaml:7:5: rule 'arrived': a sample needs 'event' and 'expect'; found: - {event: "
       "{state: active}}"},
      {"no why", "version: 1\nrules:\n- {id: a, events: [b]}\n",
       "mine.yaml:3:3: rule 'a': a rule needs 'why'; found: - {id: a, events: [b]}"},
      {"no version", "rules: []\n",
       "mine.yaml:1:1: a rules file begins with 'version: 1'; found: rules: []"},
      {"another version", "version: 2\nrules: []\n",
       "mine.yaml:1:1: a rules file begins with 'version: 1'; found: version: 2"},
      {"not UTF-8", in_rule("  rank: 3 # caf\xe9\n"),
       "mine.yaml:6:1: this line is not UTF-8; found: rank: 3 # caf?"},
      {"two documents", "version: 1\n---\nversion: 1\n",
       "mine.yaml:2:1: a second document cannot begin here; found: ---"},
      {"a comma first", ",", "mine.yaml:1:1: a second document cannot begin here; found: ,"},
      {"a comma behind a value", "\"a\",",
       "mine.yaml:1:4: a second document cannot begin here; found: \"a\","},
      {"a comma in a second document", "version: 1\n---\n,\n",
       "mine.yaml:2:1: a second document cannot begin here; found: ---"},
      {"a control character", std::string("version: 1\nrules: [a\0b]\n", 24),
       "mine.yaml:2:10: a control character is not allowed; found: rules: [a?b]"},
      {"an endless nesting", "version: " + std::string(5000, '['),
       "mine.yaml:1:1: it is nested too deep; found: version: " + std::string(71, '[')},
      {"nothing behind a key", in_rule("  operation:\n  rank: 5\n"),
       "mine.yaml:6:3: rule 'arrived': 'operation' has no value; found: operation:"},
      {"no rules at all", "version: 1\nrules:\nabsences: []\n",
       "mine.yaml:2:1: 'rules' has no value; found: rules:"},
      {"a rank in octal", in_rule("  rank: 0x10\n"),
       "mine.yaml:6:9: rule 'arrived': 'rank' must be a whole number; found: rank: 0x10"},
      {"no task", in_rule("  when: {task: ''}\n"),
       "mine.yaml:6:16: rule 'arrived': 'task' is empty; an instance without a task is 'none'; "
       "found: when: {task: ''}"},
      {"no state", in_rule("  when: {state: ''}\n"),
       "mine.yaml:6:17: rule 'arrived': 'state' is empty; found: when: {state: ''}"},
      {"three witnesses", in_rule("  host: [payload, publisher, nowhere]\n"),
       "mine.yaml:6:9: rule 'arrived': 'host' names more than two; found: host: [payload, "
       "publisher, nowhere]"},
      {"an alias that is another field", "version: 1\ntraits: {payload_host: [instance_id]}\n",
       "mine.yaml:2:24: 'instance_id' is the name of another field; found: traits: {payload_host: "
       "[instance_id]}"},
      {"an expectation in no word there is",
       in_rule("  samples:\n  - {event: {}, expect: {confidence: sure}}\n"),
       "mine.yaml:7:38: rule 'arrived': unknown confidence 'sure'; expected unknown, confirmed, "
       "probable, unplaced, deleted; found: - {event: {}, expect: {confidence: sure}}"},
      {"a sample of patterns without its type",
       "version: 1\nrules:\n- id: a\n  events: [my.*]\n  why: b\n  samples:\n  - {event: {}, "
       "expect: "
       "{host: c}}\n",
       "mine.yaml:7:5: rule 'a': the event types of this rule are patterns, so its samples say "
       "which 'type' their 'event' has; found: - {event: {}, expect: {host: c}}"},
      {"a list", "- a\n", "mine.yaml:1:1: a rules file must be a map; found: - a"},
      {"same id twice",
       "version: 1\nrules:\n- {id: a, events: [b], why: c}\n- {id: a, events: [d], why: e}\n",
       "mine.yaml:4:3: rule 'a': this id is used twice; found: - {id: a, events: [d], why: e}"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    const auto rules = RuleSet::parse(c.text, "mine.yaml");
    REQUIRE_FALSE(rules);
    CHECK(rules.error().code == ErrorCode::rule_error);
    CHECK(rules.error().detail == c.message);
  }
}

TEST_CASE("Text that is no YAML is an error with its place") {
  for (const char* text : {"version: 1\nrules: [", "\t", "a: b: c", "{", "rules: *nowhere"}) {
    INFO(text);
    const auto rules = RuleSet::parse(text, "mine.yaml");
    REQUIRE_FALSE(rules);
    CHECK_THAT(rules.error().detail, Catch::StartsWith("mine.yaml:"));
  }
}

TEST_CASE("An empty file is an error") {
  CHECK_FALSE(RuleSet::parse("", "mine.yaml"));
}

TEST_CASE("A rule knows its file and line") {
  const auto rules = RuleSet::parse(in_rule(""), "mine.yaml");
  REQUIRE(rules);
  REQUIRE(rules->rules().size() == 1);
  CHECK(rules->rules()[0].file == "mine.yaml");
  CHECK(rules->rules()[0].line == 3);
  CHECK(rules->find("arrived") == &rules->rules()[0]);
  CHECK(rules->find("gone") == nullptr);
}

TEST_CASE("No event type of the shipped table is written out twice without a condition before it") {
  const RuleSet rules = RuleSet::shipped();
  std::set<std::string> taken;  // by an unconditional rule: whatever follows is never reached
  for (const Rule& rule : rules.rules()) {
    const bool unconditional = rule.when.state.empty() &&
                               rule.when.task == Condition::Task::whatever && !rule.when.periodic &&
                               !rule.when.changed && !rule.when.deleted_at;
    for (const std::string& event_type : rule.events) {
      INFO(rule.id << " " << event_type);
      CHECK(taken.count(event_type) == 0);
      if (unconditional) taken.insert(event_type);
    }
  }
}

TEST_CASE("A mistyped word is recognised, a different one is not") {
  const std::string_view words[] = {"replay", "where", "hosts", "history"};
  CHECK(nearest("relpay", words) == "replay");
  CHECK(nearest("wehre", words) == "where");
  CHECK(nearest("histroy", words) == "history");
  CHECK_FALSE(nearest("xyzzy", words));
  CHECK_FALSE(nearest("", words));
  CHECK_FALSE(nearest(std::string(100'000, 'a'), words));
}

}  // namespace
}  // namespace vmtrail
