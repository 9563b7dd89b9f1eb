// SPDX-License-Identifier: Apache-2.0
// Records in the words of a site's rules.

#include <catch2/catch.hpp>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::made;

class Spoken : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override {
    lines.push_back(std::string(name(record.type)) + " " + std::string(name(record.severity)) +
                    ": " + std::string(record.summary));
  }
  std::vector<std::string> lines;
};

RuleSet with(const std::string& rows) {
  const std::vector<RulesText> files{RuleSet::shipped_text(),
                                     {"a.yaml", "version: 1\nrules:\n" + rows}};
  auto rules = RuleSet::parse(files);
  if (!rules) FAIL(rules.error().detail);
  return std::move(*rules);
}

std::vector<std::string> spoken(const RuleSet& rules, const std::vector<testing::Made>& stream,
                                std::vector<Trait> traits = {}) {
  Spoken records;
  testing::NoQuarantine quarantine;
  Model model;
  Dispatcher dispatcher(rules, model, records, quarantine);
  for (const testing::Made& one : stream) {
    Event event = one.event();
    event.traits = traits;
    dispatcher.on_event(event);
  }
  return records.lines;
}

TEST_CASE("The first entry whose types match words a record: others stay as they are") {
  const RuleSet rules = with(R"(
- id: mine
  like: create.end
  records:
  - {types: instance.placed, severity: critical}
  - {types: 'instance.p*', severity: debug, summary: '{name}/{id}/{project_id}/{host}'}
  - {types: instance.state_changed, summary: '{{{from}->{to}}} {event_type} {rule} {message_id}'}
)");
  const auto boot = made("create.end", 0, "a", "req-1",
                         {{Field::display_name, "web"}, {Field::project_id, "shop"}});
  CHECK(spoken(rules, {boot}) ==
        std::vector<std::string>{
            "instance.created info: web is known", "instance.placed critical: web is on a",
            "instance.state_changed info: {none->active} compute.instance.create.end mine "
            "create.end@0a",
            "instance.power_changed debug: web/" + std::string(testing::kVm) + "/shop/a"});
}

TEST_CASE("Placeholders tell of the operation, the confidence, the time and the event's traits") {
  const RuleSet rules = with(R"(
- id: mine
  like: live_migration.post.dest.end
  records:
  - types: migration.completed
    summary: '{operation} {source} {destination} {outcome} {confidence} {time} {trait.rack} {trait.no}'
)");
  auto stream = testing::live_migration("req-2", 1000, "a", "b");
  stream.insert(stream.begin(), made("create.end", 0, "a", "req-1"));
  const auto lines = spoken(rules, stream, {{"rack", "r1"}});
  CHECK(std::count(lines.begin(), lines.end(),
                   "migration.completed info: live_migration a b completed confirmed "
                   "2017-01-23T06:22:03.800000Z r1 none") == 1);
}

TEST_CASE("An instance without a name is called by its id, a host by its name") {
  const RuleSet rules = with(
      "- {id: mine, like: create.end, records: [{types: instance.created, summary: '{name}'}]}\n"
      "- {id: service, like: service, override: true, records: [{summary: '{name} {host} "
      "{to}'}]}\n");
  CHECK(spoken(rules, {made("create.end", 0, "a", "req-1")})[0] ==
        "instance.created info: " + std::string(testing::kVm));
  testing::Made down;
  down.message_id = "m";
  down.event_type = "service.update";
  down.fields = {{Field::payload_host, "n1"}, {Field::forced_down, "true"}};
  CHECK(spoken(rules, {down}) == std::vector<std::string>{"host.state_changed error: n1 n1 down"});
}

TEST_CASE("A long trait is cut between characters") {
  const RuleSet rules = with(
      "- {id: mine, like: create.end, records: [{types: instance.created, summary: "
      "'{trait.t}'}]}\n");
  std::string text;
  while (text.size() < 3 * kMaxText) text += "\xe2\x82\xac";
  const std::string line = spoken(rules, {made("create.end", 0, "a", "req-1")}, {{"t", text}})[0];
  CHECK(line == "instance.created info: " + text.substr(0, kMaxText - kMaxText % 3));
}

TEST_CASE("Only the records of the rule's own event are worded") {
  const RuleSet rules = with("- {id: mine, like: create.end, records: [{severity: critical}]}\n");
  auto lines =
      spoken(rules, {made("create.end", 0, "a", "req-1"),
                     made("power_off.end", 1000, "a", "req-2", {{Field::state, "stopped"}})});
  REQUIRE(lines.size() > 4);
  CHECK_THAT(lines.back(), Catch::Contains(" info: "));
}

TEST_CASE("An event with a bad instance id words no records of the next one") {
  const RuleSet rules = with("- {id: mine, like: create.end, records: [{severity: critical}]}\n");
  auto bad = made("create.end", 0, "a", "req-1", {{Field::instance_id, "no UUID"}});
  auto next = made("power_off.end", 1000, "a", "req-2", {{Field::state, "stopped"}});
  next.message_id = bad.message_id;
  const auto lines = spoken(rules, {bad, next});
  REQUIRE(!lines.empty());
  for (const std::string& line : lines) CHECK_THAT(line, Catch::Contains(" info: "));
}

}  // namespace
}  // namespace vmtrail
