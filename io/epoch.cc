// SPDX-License-Identifier: Apache-2.0

#include "io/epoch.h"

#include <limits>
#include <random>

#include <fmt/format.h>

namespace vmtrail {

std::uint64_t fresh_epoch() {
  std::random_device lot;
  std::uniform_int_distribution<std::uint64_t> epochs(1, std::numeric_limits<std::int64_t>::max());
  return epochs(lot);
}

std::string epoch_text(std::uint64_t epoch) {
  return fmt::format("{:016x}", epoch);
}

}  // namespace vmtrail
