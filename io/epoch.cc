// SPDX-License-Identifier: Apache-2.0

#include "io/epoch.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <random>

namespace vmtrail {

std::uint64_t fresh_epoch() {
  std::random_device lot;
  std::uniform_int_distribution<std::uint64_t> epochs(1, std::numeric_limits<std::int64_t>::max());
  return epochs(lot);
}

std::string epoch_text(std::uint64_t epoch) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64, epoch);
  return text.data();
}

}  // namespace vmtrail
