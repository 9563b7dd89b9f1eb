// SPDX-License-Identifier: Apache-2.0
// The rules of the last run, and what they wait for.

#include <catch2/catch.hpp>

#include "io/store.h"
#include "tests/model_stream.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

Store opened(const std::string& path) {
  auto store = Store::open(path, Store::Access::create);
  if (!store) FAIL(store.error().message());
  return std::move(*store);
}

TEST_CASE("A store keeps the rules files of the last run in their order") {
  const testing::Scratch scratch;
  const std::string path = scratch.path("state");
  {
    Store store = opened(path);
    REQUIRE(store.rules());
    CHECK(store.rules()->empty());
    const std::vector<RulesText> first{{"z.yaml", "1"}, {"a.yaml", "2"}, {"z.yaml", "3"}};
    REQUIRE(store.set_rules(first));
    const std::vector<RulesText> second{{"rules/nova.yaml", "4"}, {"z.yaml", "5"}, {"a.yaml", "6"}};
    REQUIRE(store.set_rules(second));
    REQUIRE(store.commit());
  }
  const auto rules = opened(path).rules();
  REQUIRE(rules);
  REQUIRE(rules->size() == 3);
  CHECK((*rules)[0].file == "rules/nova.yaml");
  CHECK((*rules)[1].text == "5");
  CHECK((*rules)[2].file == "a.yaml");
  CHECK((*rules)[2].text == "6");
}

TEST_CASE("A store keeps what is waited for") {
  const testing::Scratch scratch;
  const std::string path = scratch.path("state");
  const InstanceId vm = *InstanceId::parse(testing::kVm);
  const std::vector<AwaitedSnapshot> saved{
      {"one", vm, "req-1", testing::kStart, "m1", "compute.instance.reboot.start"},
      {"two", vm, "", testing::kStart + std::chrono::microseconds{1}, "", ""}};
  {
    Store store = opened(path);
    REQUIRE(store.set_awaited(std::vector<AwaitedSnapshot>(3, saved[0])));
    REQUIRE(store.set_awaited(saved));
    REQUIRE(store.commit());
  }
  const auto awaited = opened(path).awaited();
  REQUIRE(awaited);
  REQUIRE(awaited->size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK((*awaited)[i].absence == saved[i].absence);
    CHECK((*awaited)[i].instance == saved[i].instance);
    CHECK((*awaited)[i].request_id == saved[i].request_id);
    CHECK((*awaited)[i].generated == saved[i].generated);
    CHECK((*awaited)[i].message_id == saved[i].message_id);
    CHECK((*awaited)[i].event_type == saved[i].event_type);
  }
}

}  // namespace
}  // namespace vmtrail
