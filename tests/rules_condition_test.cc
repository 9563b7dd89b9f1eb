// SPDX-License-Identifier: Apache-2.0
// Conditions on typed traits.

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

#include "vmtrail/rules.h"

namespace vmtrail {
namespace {

bool meets(const std::string& condition, std::optional<std::string> value) {
  const auto rules =
      RuleSet::parse("version: 1\nrules:\n- {id: a, events: [e], when: {traits: {t: " + condition +
                         "}}, why: x}\n",
                     "mine.yaml");
  if (!rules) FAIL(rules.error().detail);
  std::vector<Trait> traits{{"another", "4096"}};
  if (value) traits.push_back({"t", *value});
  Event event;
  event.message_id = "m";
  event.event_type = "e";
  event.traits = traits;
  return rules->match(event) != nullptr;
}

TEST_CASE("A trait meets a condition as what the value is written as") {
  struct Case {
    const char* condition;
    std::optional<std::string> value;
    bool met;
  };
  const Case cases[] = {
      {"4096", "4096", true},
      {"4096", "4096.0", true},
      {"'4096'", "4096.0", false},  // quoted: a text
      {"4096", "4097", false},
      {"4096", "many", false},
      {"4096", std::nullopt, false},
      {"{ge: 4096}", "10000", true},  // as texts it would be less
      {"{ge: '4096'}", "10000", false},
      {"{gt: 4096}", "4096", false},
      {"{ge: 4096, lt: 8192}", "8191.5", true},
      {"{ge: 4096, lt: 8192}", "8192", false},
      {"{le: -1}", "-3e2", true},
      {"{lt: 5}", "nan", false},
      {"{ge: 5}", "inf", false},
      {"{ne: 5}", "6", true},
      {"{ne: 5}", "text", false},  // not of the type
      {"{ne: 5}", std::nullopt, false},
      {"{in: [1, 2, four]}", "2.0", true},
      {"{in: [1, 2, four]}", "four", true},
      {"{in: [1, 2, four]}", "3", false},
      {"ubuntu", "ubuntu", true},
      {"ubuntu", "Ubuntu", false},
      {"ubuntu*", "ubuntu 22.04", true},
      {"'ubuntu*'", "ubuntu 22.04", false},  // quoted: these very characters
      {"{glob: 'ubuntu*'}", "ubuntu 22.04", true},
      {"{eq: ubuntu*}", "ubuntu 22.04", false},
      {"{lt: b}", "a", true},
      {"{exists: true}", "", true},
      {"{exists: true}", std::nullopt, false},
      {"{exists: false}", std::nullopt, true},
      {"{exists: false}", "x", false},
      {"2020-01-01T00:00:00", "2020-01-01 00:00:00+00:00", true},
      {"{lt: 2020-01-01T00:00:00}", "2019-12-31T23:59:59.999999", true},
      {"{lt: 2020-01-01T00:00:00}", "2020-01-01T00:30:00+01:00", true},
      {"{lt: 2020-01-01T00:00:00}", "2020-01-01T00:30:00", false},
      {"{lt: 2020-01-01T00:00:00}", "never", false},
      {"true", "true", true},
      {"''", "", true},
      {"''", std::nullopt, false},
  };
  for (const Case& c : cases) {
    INFO(c.condition << " of " << c.value.value_or("(none)"));
    CHECK(meets(c.condition, c.value) == c.met);
  }
}

}  // namespace
}  // namespace vmtrail
