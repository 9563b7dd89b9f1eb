// SPDX-License-Identifier: Apache-2.0
// The requests that an instance remembers of what was folded.

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <string>

#include "model/folded_requests.h"

namespace vmtrail {
namespace {

std::string request_of(unsigned number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 12 - digits.size(), '0');
  const std::string uuid = "7a6f0c1e-25d4-4f0b-9c3a-" + digits;
  switch (number % 3) {
    case 0:
      return "req-" + uuid;
    case 1:
      return uuid;
    default:
      return "by hand, " + std::to_string(number);
  }
}

TEST_CASE("Of the requests that were folded the last ones are known, the oldest first") {
  std::mt19937 random(7);
  FoldedRequests folded;
  for (int round = 0; round < 200; ++round) {
    folded.clear();
    std::deque<std::string> last;
    const auto count = static_cast<unsigned>(random() % 50);
    for (unsigned i = 0; i <= count; ++i) {
      REQUIRE(folded.size() == last.size());
      for (std::size_t place = 0; place < last.size(); ++place) {
        REQUIRE(folded[place].to_string() == last[place]);
      }
      for (unsigned number = 0; number < 100; ++number) {
        const std::string asked = request_of(number);
        REQUIRE(folded.contains(RequestId(asked)) ==
                (std::find(last.begin(), last.end(), asked) != last.end()));
      }
      // Now and then one comes again.
      const std::string request = request_of(static_cast<unsigned>(random() % 100));
      folded.prefetch_next();
      folded.add(RequestId(request));
      last.push_back(request);
      if (last.size() > FoldedRequests::kMost) last.pop_front();
    }
  }
}

}  // namespace
}  // namespace vmtrail
