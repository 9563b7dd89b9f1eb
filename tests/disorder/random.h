// SPDX-License-Identifier: Apache-2.0
// Chance that is the same on every machine: the standard's distributions are not.

#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "vmtrail/time.h"

namespace vmtrail::disorder {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// Less than `bound`, which is not 0. The bias of the remainder is far below what is measured.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  /// From `low` to `high`, both included.
  Duration between(Duration low, Duration high) {
    return low + Duration{static_cast<Duration::rep>(
                     below(static_cast<std::uint64_t>((high - low).count()) + 1))};
  }
  bool in_a_hundred(unsigned percent) { return below(100) < percent; }

  template <class Value>
  const Value& pick(const std::vector<Value>& values) {
    return values[below(values.size())];
  }
  template <class Value>
  void shuffle(std::vector<Value>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace vmtrail::disorder
