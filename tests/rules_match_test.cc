// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/trait_value.h"
#include "vmtrail/rules.h"

namespace vmtrail {
namespace {

using Fields = std::vector<std::pair<Field, std::string_view>>;

Event event(std::string_view event_type, const Fields& fields = {}) {
  Event result;
  result.message_id = "id";
  result.event_type = event_type;
  for (const auto& [field, value] : fields) result[field] = value;
  return result;
}

TEST_CASE("The shipped table tells an event's row by its content") {
  struct Case {
    std::string_view event_type;
    Fields fields;
    std::string_view rule;
  };
  const Case cases[] = {
      {"compute.instance.live_migration.post.dest.end", {}, "live_migration.post.dest.end"},
      {"instance.live_migration_post_dest.end", {}, "live_migration.post.dest.end"},
      {"compute.instance.live_migration._post.end", {}, "live_migration._post.end"},
      {"compute.instance.update", {{Field::state, "deleted"}}, "update.deleted"},
      {"compute.instance.update", {{Field::task_state, "migrating"}}, "update.migrating"},
      {"compute.instance.update",
       {{Field::task_state, ""}, {Field::state, "active"}},
       "update.idle"},
      {"compute.instance.update",
       {{Field::task_state, "spawning"}, {Field::state, "active"}},
       "update.task"},
      {"compute.instance.update",
       {{Field::old_state, "active"}, {Field::state, "stopped"}},
       "update.changed"},
      {"compute.instance.update",
       {{Field::old_state, "active"}, {Field::state, "active"}},
       "update"},
      {"compute.instance.update", {{Field::state, "active"}}, "update"},
      {"compute.instance.exists",
       {{Field::audit_period_ending, "2026-11-22T13:00:00"}},
       "exists.periodic"},
      {"compute.instance.exists",
       {{Field::audit_period_ending, "2026-11-22 13:00:00+00:00"}},
       "exists.periodic"},
      {"compute.instance.exists", {{Field::audit_period_ending, "2026-11-22T13:00:01"}}, "exists"},
      {"compute.instance.exists", {{Field::audit_period_ending, "some day"}}, "exists"},
      {"compute.instance.exists", {}, "exists"},
  };
  const RuleSet rules = RuleSet::shipped();
  for (const Case& c : cases) {
    INFO(c.event_type << " " << c.rule);
    const Rule* const matched = rules.match(event(c.event_type, c.fields));
    REQUIRE(matched != nullptr);
    CHECK(matched->id == c.rule);
  }
}

TEST_CASE("An event type of no rule matches nothing") {
  const RuleSet rules = RuleSet::shipped();
  for (const std::string_view type :
       {"", "compute.instance.", "compute.instance.updat", "COMPUTE.INSTANCE.UPDATE",
        "scheduler.select_destinations.end", "compute.instance.live_migration.post.dest.end "}) {
    INFO(type);
    CHECK(rules.match(event(type)) == nullptr);
  }
}

TEST_CASE("A pattern's star stands for any characters") {
  struct Case {
    std::string_view pattern;
    std::string_view text;
    bool match;
  };
  const Case cases[] = {
      {"*", "", true},
      {"*", "a.b", true},
      {"a.*", "a.b", true},
      {"a.*", "a.", true},
      {"a.*", "a", false},
      {"*.end", "x.y.end", true},
      {"*.end", "end", false},
      {"a*b*c", "aXbYc", true},
      {"a*b*c", "aXcYb", false},
      {"a**c", "abc", true},
      {"", "", true},
      {"", "a", false},
      {"a", "b", false},
      {"a*a", "a", false},
      {"*ab", "aab", true},
      {"compute.instance.live_migration.post.*", "compute.instance.live_migration._post.end",
       false},
  };
  for (const Case& c : cases) {
    INFO(c.pattern << " ~ " << c.text);
    CHECK(glob_match(c.pattern, c.text) == c.match);
  }
}

TEST_CASE("The first rule in the file wins, whether it writes the event type out or not") {
  const auto rules = RuleSet::parse(R"(version: 1
rules:
- {id: ends, events: ["*.end"], when: {state: active}, why: A pattern first.}
- {id: one, events: [a.end], why: Written out.}
- {id: rest, events: ["*"], why: Everything else.}
)",
                                    "mine.yaml");
  REQUIRE(rules);
  CHECK(rules->match(event("a.end", {{Field::state, "active"}}))->id == "ends");
  CHECK(rules->match(event("a.end"))->id == "one");
  CHECK(rules->match(event("b.end", {{Field::state, "active"}}))->id == "ends");
  CHECK(rules->match(event("b.end"))->id == "rest");
}

TEST_CASE("A condition on a time of deletion asks whether it is told") {
  const auto rules = RuleSet::parse(R"(version: 1
rules:
- {id: gone, events: [a], when: {deleted_at: true}, why: It is gone.}
- {id: there, events: [a], when: {deleted_at: false}, why: It is there.}
)",
                                    "mine.yaml");
  REQUIRE(rules);
  CHECK(rules->match(event("a", {{Field::deleted_at, "2026-11-22T13:00:00"}}))->id == "gone");
  CHECK(rules->match(event("a"))->id == "there");
}

TEST_CASE("A moved set keeps the addresses of its rules") {
  RuleSet first = RuleSet::shipped();
  const Rule* const rule = first.find("create.end");
  const RuleSet second = std::move(first);
  CHECK(second.find("create.end") == rule);
  CHECK(second.match(event("compute.instance.create.end")) == rule);
}

// ---- what match() says, against the definition

constexpr Time kHour =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours{13};

bool meets(const Condition& when, const Event& asked) {
  const std::string_view task = asked[Field::task_state];
  const std::string_view state = asked[Field::state];
  const std::string_view old_state = asked[Field::old_state];
  if (!when.state.empty() && when.state != state) return false;
  if (when.task == Condition::Task::none && (!asked.told(Field::task_state) || task != "")) {
    return false;
  }
  if (when.task == Condition::Task::any && task == "") return false;
  if (when.task == Condition::Task::exactly && task != when.task_state) return false;
  const bool on_the_hour =
      asked[Field::audit_period_ending].find("13:00:00") != std::string_view::npos;
  if (when.periodic && (!on_the_hour || (asked.generated < kHour + std::chrono::seconds{1} &&
                                         asked.generated >= kHour && task != ""))) {
    return false;
  }
  if (when.changed && (old_state == "" || old_state == state)) return false;
  if (when.deleted_at && *when.deleted_at != (asked[Field::deleted_at] != "")) return false;
  for (const TraitCondition& one : when.traits) {
    if (!meets(one, asked.trait(one.name))) return false;
  }
  return true;
}

const Rule* first_match(const RuleSet& rules, const Event& asked) {
  for (const Rule& rule : rules.rules()) {
    for (const std::string& event_type : rule.events) {
      if (glob_match(event_type, asked.event_type) && meets(rule.when, asked)) return &rule;
    }
  }
  return nullptr;
}

/// Texts that may decide which rule an event meets; {} is not told.
struct Vocabulary {
  std::vector<std::string> types{"", "x", "compute.instance.updat", "compute.instance.update.end"};
  std::vector<std::string> states{"active", "stopped", std::string(40, 's')};
  std::vector<std::string> tasks{"any", "none", "scheduling", std::string(40, 't')};
};

Vocabulary vocabulary_of(const RuleSet& rules) {
  Vocabulary words;
  for (const Rule& rule : rules.rules()) {
    for (std::string event_type : rule.events) {
      words.types.push_back(event_type);
      std::replace(event_type.begin(), event_type.end(), '*', 'x');
      words.types.push_back(event_type);
    }
    for (auto* const all : {&words.states, &words.tasks}) {
      const std::string& asked = all == &words.states ? rule.when.state : rule.when.task_state;
      if (asked.empty()) continue;
      all->push_back(asked);
      all->push_back(asked);
      all->back().back() = '?';  // of the same length
    }
  }
  return words;
}

constexpr const char* kSite = R"(version: 1
rules:
- {id: long, events: [compute.instance.update], when: {state: ssssssssssssssssssssssssssssssssssssssss}, why: x}
- {id: longer, events: [compute.instance.update], when: {task: sssssssssssssssssssssssssssssssssss}, why: x}
- {id: ends, events: ["*.end", compute.instance.update], when: {traits: {m: {ge: 3}}, state: active}, why: x}
- {id: gone, events: ["instance.*", "*.x.*"], when: {deleted_at: true, task: none}, why: x}
- {id: not_gone, events: ["*update*"], when: {deleted_at: false, task: any, changed: true}, why: x}
- {id: hourly, events: ["*exists"], when: {audit: periodic, task: spawning}, why: x}
- {id: rest, events: ["*"], when: {traits: {m: {exists: false}}, state: stopped}, why: x}
)";

TEST_CASE("A match is the first rule that lists the event's type and whose condition it meets") {
  const std::array<std::string, 2> sites = {"version: 1\n", kSite};
  for (const std::string& site : sites) {
    const auto rules = RuleSet::parse({{RuleSet::shipped_text(), {"site.yaml", site}}});
    if (!rules) FAIL(rules.error().detail);
    const Vocabulary words = vocabulary_of(*rules);
    std::mt19937 random(1);
    const auto pick = [&](const auto& all) -> std::string_view {
      return all[random() % all.size()];
    };
    const auto perhaps = [&](const auto& all) {
      const auto kind = random() % 8;
      return kind == 0 ? std::string_view() : kind == 1 ? std::string_view("") : pick(all);
    };
    const std::vector<std::string> endings{"2026-11-22T13:00:00", "2026-11-22T13:00:01", "soon"};
    const std::vector<std::string> numbers{"2", "3", "many"};
    std::set<const Rule*> met;
    RuleMatcher matcher(*rules);
    std::map<std::string, std::uint32_t, std::less<>> numbers_of;
    for (int i = 0; i < 60000; ++i) {
      // Updates have most of the rows.
      Event asked = event(random() % 3 == 0 ? "compute.instance.update" : pick(words.types));
      asked[Field::state] = perhaps(words.states);
      asked[Field::old_state] = random() % 2 == 0 ? asked[Field::state] : perhaps(words.states);
      asked[Field::task_state] = perhaps(words.tasks);
      asked[Field::deleted_at] = perhaps(endings);
      asked[Field::audit_period_ending] = perhaps(endings);
      asked.generated = kHour + std::chrono::milliseconds{static_cast<int>(random() % 4000) - 1000};
      const Trait trait{"m", pick(numbers)};
      if (random() % 2 == 0) asked.traits = {&trait, 1};
      // A decoder knows only some of the types, and not from the first event on.
      const auto known = numbers_of.emplace(asked.event_type, numbers_of.size() + 1).first;
      if (known->second % 3 != 0 && random() % 2 == 0) asked.known_type = known->second;
      const Rule* const expected = first_match(*rules, asked);
      CHECK((matcher.match(asked) == expected));
      if (rules->match(asked) != expected) {
        FAIL_CHECK(asked.event_type << " state '" << asked[Field::state] << "' task '"
                                    << asked[Field::task_state] << "' is for "
                                    << (expected == nullptr ? "no rule" : expected->id));
      }
      if (expected != nullptr) met.insert(expected);
    }
    CHECK(met.size() == rules->rules().size());  // the events are good enough to ask all of them
  }
}

}  // namespace
}  // namespace vmtrail
