// SPDX-License-Identifier: Apache-2.0
// What a replay comes to: for people and as JSON.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vmtrail/dispatcher.h"
#include "vmtrail/placement.h"

namespace vmtrail {

struct ReplaySummary {
  const Counts& counts;
  std::size_t instances;
  std::size_t hosts;
  std::uint64_t bytes;                 ///< of the inputs as stored
  double seconds;                      ///< wall time
  std::vector<ClockSkew> clock_skews;  ///< the largest first
};

/// The table that replay prints when it is done.
[[nodiscard]] std::string summary_table(const ReplaySummary& summary);
/// The document of `--stats -o json`, with a line end.
[[nodiscard]] std::string summary_json(const ReplaySummary& summary);

/// "1.2 MB"; decimal units.
[[nodiscard]] std::string human_bytes(double bytes);
/// "1.2 M".
[[nodiscard]] std::string human_count(double count);

}  // namespace vmtrail
