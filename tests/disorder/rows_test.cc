// SPDX-License-Identifier: Apache-2.0
// Every row of the table in small, and whether the harness would notice what it is there to notice.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

#include "tests/disorder/row.h"
#include "tests/disorder/table.h"

namespace vmtrail::disorder {
namespace {

const std::vector<Recording>& recorded() {
  static const std::vector<Recording> all = recordings();
  return all;
}

const Row& row(std::string_view name) {
  return *std::find_if(rows().begin(), rows().end(),
                       [&](const Row& row) { return row.name == name; });
}

/// The shipped rules, with `line` added to one of them.
RuleSet rules_with(std::string_view id, std::string_view line) {
  std::string text = RuleSet::shipped_text().text;
  const std::size_t at = text.find("\n- id: " + std::string(id) + "\n");
  REQUIRE(at != std::string::npos);
  const std::size_t operation = text.find("\n  rank: ", at);
  text.insert(operation, "\n  " + std::string(line));
  auto rules = RuleSet::parse(text, "changed.yaml");
  REQUIRE(rules);
  return std::move(*rules);
}

TEST_CASE("Every disturbance of recorded lives leaves the model as right as it has to be") {
  for (const Row& row : rows()) {
    const Measured measured = measure(row, recorded(), {.lives = 60, .threads = 2});
    const Tally total = measured.total();
    INFO(table_head() << table_row(row.title, total));
    for (const std::string& example : measured.examples) UNSCOPED_INFO(example);
    CHECK(shortcomings(row, total) == "");
    CHECK(total.trials == 60 * (row.updates ? 3 : 6));
  }
}

TEST_CASE("A seed makes one table, on however many threads") {
  const auto table = [](std::uint64_t seed, unsigned threads) {
    return table_row(
        "", measure(row("lost-10"), recorded(), {.seed = seed, .lives = 40, .threads = threads})
                .total());
  };
  CHECK(table(7, 1) == table(7, 3));
  CHECK(table(7, 1) != table(8, 1));
}

TEST_CASE("Believing the source's last word would be noticed") {
  const RuleSet misled = rules_with("live_migration._post.end", "host: [publisher]");
  for (const char* name : {"shuffle-one", "shuffle-a-b-c", "everything"}) {
    Row changed = row(name);
    changed.trial.rules = &misled;
    const Tally total = measure(changed, recorded(), {.lives = 60}).total();
    INFO(table_head() << table_row(changed.title, total));
    CHECK(total.host < total.trials);
    CHECK(total.confidently_wrong > 0);
    CHECK(shortcomings(changed, total) != "");
  }
}

TEST_CASE("Believing that a controller is a host would be noticed") {
  const RuleSet misled = rules_with("evacuate", "host: [publisher]");
  Row changed = row("in-order");
  changed.trial.rules = &misled;
  const Measured measured = measure(changed, recorded(), {.lives = 60, .examples = 1000});
  CHECK(measured.total().faults > 0);
  CHECK(std::any_of(measured.examples.begin(), measured.examples.end(), [](const auto& example) {
    return example.find("'controller-") != std::string::npos;
  }));
}

TEST_CASE("Nothing within the horizon comes too late, and much of what comes beyond it does") {
  CHECK(measure(row("late-within"), recorded(), {}).total().too_late == 0);
  CHECK(measure(row("late-beyond"), recorded(), {}).total().too_late > 0);
}

// The one thing that its rule gets wrong, in the case that matters most.
TEST_CASE("Zenoss' ZenPack leaves a migrated instance on its source") {
  CHECK(measure(row("peers-one"), recorded(), {}).total().zenpack == 0);
  CHECK(measure(row("peers-one-upd"), recorded(), {}).total().zenpack == 0);
}

}  // namespace
}  // namespace vmtrail::disorder
