// SPDX-License-Identifier: Apache-2.0
// Warnings about rules that can never do anything.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "rules/implication.h"
#include "vmtrail/rules.h"

namespace vmtrail {
namespace {

std::vector<std::string> warnings(const std::string& text) {
  const std::vector<RulesText> files{RuleSet::shipped_text(), {"a.yaml", "version: 1\n" + text}};
  const auto rules = RuleSet::parse(files);
  if (!rules) FAIL(rules.error().detail);
  std::vector<std::string> messages;
  for (const RuleWarning& warning : rules->warnings()) messages.push_back(warning.message());
  return messages;
}

std::string row(const std::string& more) {
  return "rules:\n- {id: mine, " + more + ", why: x}\n";
}

TEST_CASE("The shipped table has no warnings") {
  for (const RuleWarning& warning : RuleSet::shipped().warnings()) FAIL_CHECK(warning.message());
}

TEST_CASE("What can never do anything is a warning") {
  struct Case {
    std::string text;
    std::vector<std::string> messages;
  };
  const std::string update = "events: [compute.instance.update]";
  const std::string lock = "events: [instance.lock]";
  const auto unreachable = [](const std::string& column, const std::string& what) {
    return std::vector<std::string>{"a.yaml:3:" + column + ": rule 'mine': unreachable: " + what};
  };
  const Case cases[] = {
      {row(lock + ", when: {task: none}"), {}},
      {row("events: [instance.lokc]"),
       {"a.yaml:3:22: rule 'mine': unused: no event type 'instance.lokc' is known of Nova; did you "
        "mean 'instance.lock'?"}},
      {row("events: ['*.lokc']"),
       {"a.yaml:3:22: rule 'mine': unused: no event type '*.lokc' is known of Nova"}},
      {row("events: ['instance.*ock'], when: {state: active}"), {}},
      {row(lock + ", when: {audit: periodic}"),
       unreachable("45", "only compute.instance.exists and instance.exists have an audit period")},
      {row("events: ['*.exists'], when: {audit: periodic, state: active}"), {}},
      {row(lock + ", when: {changed: true}"),
       unreachable("45", "only compute.instance.update and instance.update tell the old state")},
      {row(update + ", when: {task: none, traits: {state_description: migrating}}"),
       unreachable("55", "no event meets both task none and state_description eq migrating")},
      {row(update + ", when: {task: none, traits: {state_description: ''}}"), {}},
      {row(update + ", when: {task: none, traits: {state_description: {exists: false}}}"), {}},
      {row(update + ", when: {task: any, traits: {task_state: ''}}"),
       unreachable("55", "no event meets both task any and task_state eq ''")},
      {row(update + ", when: {task: spawning, traits: {task_state: {in: [a, b]}}}"),
       unreachable("55", "no event meets both task spawning and task_state in a, b")},
      {row(update + ", when: {state: error, traits: {state: active}}"),
       unreachable("55", "no event meets both state error and state eq active")},
      {row(update + ", when: {state: deleted, deleted_at: false}"), {}},
      {row(update + ", when: {traits: {m: {ge: 5, lt: 5}}}"),
       unreachable("55", "no event meets both m ge 5 and m lt 5")},
      {row(update + ", when: {traits: {m: {ge: 5, le: 5}}}"), {}},
      {row(update + ", when: {traits: {m: {eq: 5, glob: '4*'}}}"), {}},  // may be spelled 4.5e1
      {row(update + ", when: {traits: {m: {eq: '5', glob: '4*'}}}"),
       unreachable("55", "no event meets both m eq 5 and m glob 4*")},
      {row(update + ", when: {traits: {m: {exists: false, gt: 3}}}"),
       unreachable("55", "no event meets both m exists false and m gt 3")},
      {row(update + ", when: {traits: {m: {gt: 3, lt: 2020-01-01T00:00:00}}}"),
       unreachable("55", "no event meets both m gt 3 and m lt 2020-01-01T00:00:00")},
      {"rules:\n- {id: a, events: [instance.lock], when: {state: active}, why: x}\n"
       "- {id: b, events: [instance.lock], when: {state: active, task: any}, why: x}\n",
       {"a.yaml:4:3: rule 'b': shadowed: all that it could get goes to rule 'a' (a.yaml:3)"}},
      {"rules:\n- {id: a, events: [instance.lock], when: {state: active, task: any}, why: x}\n"
       "- {id: b, events: [instance.lock], when: {state: active}, why: x}\n",
       {}},
      {"rules:\n- {id: a, events: [instance.lock], when: {traits: {m: {ge: 4}}}, why: x}\n"
       "- {id: b, events: [instance.lock], when: {traits: {m: {ge: 8}}}, why: x}\n"
       "- {id: c, events: [instance.lock], when: {traits: {m: {gt: 3}}}, why: x}\n",
       {"a.yaml:4:3: rule 'b': shadowed: all that it could get goes to rule 'a' (a.yaml:3)"}},
      {"rules:\n- {id: a, like: lock, records: [{severity: info}, {types: 'instance.*', severity: "
       "debug}], when: {state: active}}\n",
       {"a.yaml:3:3: rule 'a': shadowed: the records '*' before it take all that 'instance.*' "
        "could "
        "get"}},
      {"absences:\n- {id: a, after: [instance.lock], without: ['instance.*'], within: 1m, why: "
       "x}\n",
       {"a.yaml:3:44: absence 'a': unreachable: 'instance.lock' is itself what it must not be "
        "without"}},
      {"absences:\n- {id: a, after: [instance.lokc], without: [instance.unlock], within: 1m, why: "
       "x}\n",
       {"a.yaml:3:18: absence 'a': unused: no event type 'instance.lokc' is known of Nova; did you "
        "mean 'instance.lock'?"}},
      {"traits: {binary: svc}\n", {}},
      {"shipped: false\ntraits: {binary: [svc, b]}\n" + row(lock),
       {"a.yaml:3:18: unused: no rule reads binary, so the alias 'svc' does nothing",
        "a.yaml:3:18: unused: no rule reads binary, so the alias 'b' does nothing"}},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(warnings(c.text) == c.messages);
  }
}

TEST_CASE("A shipped row that a site's row takes everything from is a warning") {
  const auto messages = warnings("rules:\n- {id: mine, like: lock}\n");
  REQUIRE(messages.size() == 1);
  CHECK_THAT(messages[0], Catch::StartsWith("rules/nova.yaml:"));
  CHECK_THAT(messages[0],
             Catch::EndsWith("rule 'lock': shadowed: all that it could get goes to rule 'mine' "
                             "(a.yaml:3)"));
}

TEST_CASE("A pattern covers another if it matches whatever that matches") {
  CHECK(covers("*", "a*b"));
  CHECK(covers("a*", "a*b"));
  CHECK(covers("a*b", "a*b"));
  CHECK(covers("a*", "ab"));
  CHECK_FALSE(covers("a*b", "a*"));
  CHECK_FALSE(covers("ab", "a*"));
}

}  // namespace
}  // namespace vmtrail
