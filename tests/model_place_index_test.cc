// SPDX-License-Identifier: Apache-2.0
// Places under hashes, many of which are the same.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include "model/place_index.h"

namespace vmtrail {
namespace {

TEST_CASE("Each place is found under its hash for as long as it is there, whatever else is") {
  std::mt19937_64 random(3);
  for (const std::uint64_t hashes : {3U, 70U, 5000U}) {
    PlaceIndex index;
    std::multimap<std::uint64_t, std::uint32_t> known;
    std::uint32_t next = 0;
    const auto hash_of = [&](std::uint64_t number) { return number * 0x9e3779b97f4a7c15U; };
    const auto found_under = [&](std::uint64_t hash) {
      std::set<std::uint32_t> places;
      CHECK(index.find(hash, [&](std::uint32_t place) {
        places.insert(place);
        return false;
      }) == PlaceIndex::kNone);
      return places;
    };
    for (int i = 0; i < 6000; ++i) {
      const std::uint64_t hash = hash_of(random() % hashes);
      index.prefetch(hash);
      if (known.empty() || random() % 5 != 0) {
        index.insert(hash, next);
        known.emplace(hash, next++);
      } else {
        const auto gone =
            std::next(known.begin(), static_cast<std::ptrdiff_t>(random() % known.size()));
        index.erase(gone->first, gone->second);
        known.erase(gone);
      }
      index.erase(hash, next);  // who is not there
      if (i % 100 != 0) continue;
      for (std::uint64_t number = 0; number < hashes; ++number) {
        std::set<std::uint32_t> expected;
        const auto [begin, end] = known.equal_range(hash_of(number));
        std::for_each(begin, end, [&](const auto& entry) { expected.insert(entry.second); });
        REQUIRE(found_under(hash_of(number)) == expected);
      }
    }
  }
}

}  // namespace
}  // namespace vmtrail
