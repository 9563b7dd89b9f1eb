// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "rules/compiled.h"
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

}  // namespace
}  // namespace vmtrail
