// SPDX-License-Identifier: Apache-2.0
// Events that do not come.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

#include "dispatcher/absences.h"
#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::kStart;
using testing::Machine;
using testing::Made;
using testing::made;

constexpr int kMinute = 60'000;

RuleSet rules_with(const std::string& more) {
  const std::vector<RulesText> files{
      RuleSet::shipped_text(),
      {"a.yaml",
       "version: 1\nabsences:\n- id: unanswered\n  after: [compute.instance.reboot.start]\n"
       "  without: [compute.instance.reboot.end, '*.reboot.error']\n  within: 5m\n" +
           more + "  why: Made up.\n"}};
  auto rules = RuleSet::parse(files);
  if (!rules) FAIL(rules.error().detail);
  return std::move(*rules);
}

class Missing : public testing::FoldedRecords {
 public:
  void on_record(const ChangeRecord& record) override {
    FoldedRecords::on_record(record);
    if (record.type == RecordType::event_missing) {
      told.insert(std::string(record.cause->message_id) + " at " + to_string(record.time));
      summary = record.summary;
    }
  }
  std::multiset<std::string> told;
  std::string summary;
};

struct Watch {
  explicit Watch(const RuleSet& rules) : model(), dispatcher(rules, model, records, quarantine) {}
  void feed(const std::vector<Made>& stream) {
    for (const Made& event : stream) dispatcher.on_event(event.event());
  }

  Missing records;
  testing::NoQuarantine quarantine;
  Model model;
  Dispatcher dispatcher;
};

Made asked(int ms, const std::string& request = "req-1") {
  return made("reboot.start", ms, "a", request);
}
Made answer(int ms, const std::string& request = "req-1") {
  return made("reboot.end", ms, "a", request);
}
Made later(int ms) {
  return made("update", ms, "a", "");
}
std::string told(int ms) {
  return "reboot.start@" + std::to_string(ms) + "a at " +
         to_string(kStart + std::chrono::milliseconds{ms} + std::chrono::minutes{5});
}

TEST_CASE("What nothing answers in time is told once, when the run is over") {
  struct Case {
    const char* name;
    std::vector<Made> stream;
    std::multiset<std::string> told;
  };
  const Case cases[] = {
      {"no answer", {asked(0), later(6 * kMinute)}, {told(0)}},
      {"not due yet", {asked(0), later(5 * kMinute)}, {}},
      {"answered", {asked(0), answer(1000), later(6 * kMinute)}, {}},
      {"answered at the last moment", {asked(0), answer(5 * kMinute), later(6 * kMinute)}, {}},
      {"answered too late", {asked(0), answer(5 * kMinute + 1)}, {told(0)}},
      {"the answer's clock is behind", {asked(10'000), answer(6'000), later(6 * kMinute)}, {}},
      {"answered before", {asked(10'000), answer(5'999), later(6 * kMinute)}, {told(10'000)}},
      {"another request answers as well",
       {asked(0), answer(1000, "req-2"), later(6 * kMinute)},
       {}},
      {"a pattern answers",
       {asked(0), made("reboot.error", 1000, "a", "req-1"), later(6 * kMinute)},
       {}},
      {"a copy changes nothing", {asked(0), asked(0), later(6 * kMinute), asked(0)}, {told(0)}},
      {"a copy after the answer", {asked(0), answer(1), asked(0), later(6 * kMinute)}, {}},
      {"each by itself",
       {asked(0), asked(6 * kMinute), answer(7 * kMinute), asked(20 * kMinute),
        later(30 * kMinute)},
       {told(0), told(20 * kMinute)}},
  };
  const RuleSet rules = rules_with("");
  for (const Case& c : cases) {
    INFO(c.name);
    Watch watch(rules);
    watch.feed(c.stream);
    watch.dispatcher.finish();
    CHECK(watch.records.told == c.told);
    CHECK(watch.records.differences(watch.model) == "");
    watch.dispatcher.finish();
    CHECK(watch.records.told == c.told);
  }
}

TEST_CASE("By request only the same request answers") {
  const RuleSet rules = rules_with("  by: request\n");
  Watch watch(rules);
  watch.feed(
      {asked(0), asked(1, "req-2"), asked(2, ""), answer(1000, "req-2"), later(6 * kMinute)});
  watch.dispatcher.finish();
  CHECK(watch.records.told == std::multiset<std::string>{told(0)});
}

TEST_CASE("While the stream goes on, an answer may be as late as the horizon allows") {
  const RuleSet rules = rules_with("");
  Watch watch(rules);
  watch.feed({asked(0), later(20 * kMinute)});
  CHECK(watch.records.told.empty());
  SECTION("it comes") {
    watch.feed({answer(5 * kMinute), later(21 * kMinute)});
    CHECK(watch.records.told.empty());
  }
  SECTION("it does not") {
    watch.feed({later(20 * kMinute + 1)});
    CHECK(watch.records.told == std::multiset<std::string>{told(0)});
  }
  SECTION("the clock says that it is time") {
    watch.dispatcher.advance(kStart + std::chrono::minutes{5});
    CHECK(watch.records.told.empty());
    watch.dispatcher.advance(kStart + std::chrono::minutes{5} + std::chrono::milliseconds{1});
    CHECK(watch.records.told == std::multiset<std::string>{told(0)});
  }
}

TEST_CASE("A wrong clock does not make everything due") {
  const RuleSet rules = rules_with("");
  Watch watch(rules);
  watch.feed({asked(0), later(1000 * kMinute), answer(1000), later(60'000)});
  CHECK(watch.records.told.empty());
}

TEST_CASE("What is told does not depend on the order of arrival within the horizon") {
  for (const char* more : {"", "  by: request\n"}) {
    const RuleSet rules = rules_with(more);
    for (unsigned seed = 1; seed <= 200; ++seed) {
      std::mt19937 random(seed);
      std::vector<Made> stream;
      for (int i = 0; i < 60; ++i) {
        const int ms = static_cast<int>(random() % (90 * kMinute));
        const std::string request = "req-" + std::to_string(random() % 3);
        stream.push_back(random() % 2 == 0 ? asked(ms, request) : answer(ms, request));
      }
      const auto by_time = [](const Made& a, const Made& b) { return a.generated < b.generated; };
      std::sort(stream.begin(), stream.end(), by_time);
      Watch in_order(rules);
      in_order.feed(stream);
      in_order.dispatcher.finish();

      // Each arrives up to a horizon late; some twice.
      std::vector<std::pair<Time, Made>> arrivals;
      for (const Made& event : stream) {
        for (unsigned copies = random() % 4 == 0 ? 2 : 1; copies > 0; --copies) {
          arrivals.emplace_back(event.generated + std::chrono::seconds{random() % 900}, event);
        }
      }
      std::sort(arrivals.begin(), arrivals.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      Watch shuffled(rules);
      for (const auto& [time, event] : arrivals) shuffled.feed({event});
      shuffled.dispatcher.finish();
      INFO("seed " << seed);
      REQUIRE(shuffled.records.told == in_order.records.told);
    }
  }
}

TEST_CASE("An answer that seems older than its question is kept as long as that is watched") {
  const RuleSet rules = rules_with("");
  const Made early = answer(-3'000);  // by the clocks; within the tolerance
  const Made late = asked(0);
  const Made onward = asked(902'000, "other");
  for (const std::vector<Made>& arrivals :
       {std::vector<Made>{early, late, onward}, {early, onward, late}}) {
    Watch watch(rules);
    watch.feed(arrivals);
    watch.feed({answer(903'000, "other")});
    watch.dispatcher.finish();
    CHECK(watch.records.told.empty());
  }
}

TEST_CASE("What waits survives a restart") {
  const RuleSet rules = rules_with("");
  Watch before(rules);
  before.feed({asked(0), asked(10 * kMinute), answer(6 * kMinute)});
  const std::vector<AwaitedSnapshot> saved = before.dispatcher.awaited();
  REQUIRE(saved.size() == 3);
  Watch after(rules);
  after.dispatcher.restore(saved);
  CHECK(after.dispatcher.awaited().size() == 3);
  after.feed({answer(11 * kMinute), asked(6 * kMinute + 1000), later(16 * kMinute)});
  after.dispatcher.finish();
  CHECK(after.records.told == std::multiset<std::string>{told(0)});

  Watch other(testing::shipped_rules());
  other.dispatcher.restore(saved);
  CHECK(other.dispatcher.awaited().empty());
}

TEST_CASE("Without a summary of its own an absence says what is missing") {
  const RuleSet rules = rules_with("");
  Watch watch(rules);
  watch.feed(
      {made("reboot.start", 0, "a", "req-1", {{Field::display_name, "web"}}), later(6 * kMinute)});
  watch.dispatcher.finish();
  CHECK(watch.records.summary ==
        "web: no compute.instance.reboot.end or *.reboot.error within 5m of "
        "compute.instance.reboot.start");
  CHECK_THAT(watch.records.text,
             Catch::Contains(R"("type":"vmtrail.event.missing","subject":"87be4b45)"));
}

TEST_CASE("An event that no rule takes is watched, of an instance that the model does not know") {
  std::vector<RulesText> files{RuleSet::shipped_text(),
                               {"a.yaml",
                                "version: 1\nabsences:\n- {id: x, after: [site.begin], without: "
                                "[site.end], within: 1m, why: "
                                "x, summary: '{name} {host}'}\n"}};
  const auto rules = RuleSet::parse(files);
  REQUIRE(rules);
  Watch watch(*rules);
  Made begin = asked(0);
  begin.event_type = "site.begin";
  Made end = asked(2 * kMinute);
  end.event_type = "site.other";
  watch.feed({begin, begin, end});
  watch.dispatcher.finish();
  CHECK(watch.records.told.size() == 1);
  CHECK(watch.records.summary == std::string(testing::kVm) + " none");
  CHECK(watch.model.instance_count() == 0);
}

TEST_CASE("Room is bounded, and what is given up is counted") {
  const RuleSet rules = rules_with("");
  Absences::Limits limits;
  limits.clock_tolerance = std::chrono::seconds{4};
  limits.horizon = std::chrono::minutes{15};
  limits.waiting = 3;
  limits.answers = 2;
  Absences absences(rules.absences(), limits);
  const InstanceId vm = *InstanceId::parse(testing::kVm);
  for (int i = 0; i < 5; ++i) absences.observe(asked(i).event(), vm, kStart);
  CHECK(absences.given_up() == 2);
  CHECK(absences.snapshot().front().message_id == "reboot.start@2a");
  for (int i = 0; i < 5; ++i) absences.observe(answer(-60 * kMinute + i).event(), vm, kStart);
  CHECK(absences.given_up() == 5);
  absences.observe(asked(-16 * kMinute).event(), vm, kStart);  // its answers may be forgotten
  CHECK(absences.given_up() == 6);
  CHECK(absences.snapshot().size() == 5);
  absences.forget(kStart);
  CHECK(absences.snapshot().size() == 3);
}

}  // namespace
}  // namespace vmtrail
