// SPDX-License-Identifier: Apache-2.0
// Message ids that are remembered for a while.

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <string>

#include "model/seen.h"

namespace vmtrail {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Ids are seen until the stream has passed their time, whatever else was added since") {
  Seen seen;
  std::map<std::string, Time> known;
  std::mt19937 random(11);
  Time now{};
  const auto id_of = [](unsigned number) {
    return number % 3 == 0 ? MessageId("odd " + std::to_string(number)) : [&] {
      char text[37];
      std::snprintf(text, sizeof text, "%08x-%04x-4000-8000-%012x", number * 2654435761U,
                    number & 0xFFFFU, number);
      return MessageId(std::string_view(text));
    }();
  };
  for (int i = 0; i < 60'000; ++i) {
    const MessageId id = id_of(static_cast<unsigned>(random() % 20'000));
    const auto expected = known.find(id.to_string());
    REQUIRE(seen.contains(id, id.hash()) == (expected != known.end() && expected->second >= now));
    if (random() % 2 == 0) {
      const Time until = now + std::chrono::seconds(random() % 900);
      Time& last = known[id.to_string()];
      last = std::max(last, until);
      seen.add(id, until);
    }
    // A crowd, and then nobody for long.
    now += i % 10'000 == 9'999 ? 2000s : (i / 10'000) % 2 == 0 ? 0s : 1s;
    seen.forget_before(now);
  }
  const auto living = std::count_if(known.begin(), known.end(),
                                    [&](const auto& entry) { return entry.second >= now; });
  CHECK(seen.snapshot().size() == static_cast<std::size_t>(living));
}

}  // namespace
}  // namespace vmtrail
