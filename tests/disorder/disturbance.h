// SPDX-License-Identifier: Apache-2.0
// What happens to events between Nova and whoever receives them.

#pragma once

#include <vector>

#include "tests/disorder/random.h"
#include "tests/model_stream.h"

namespace vmtrail::disorder {

using testing::Made;

struct Disturbance {
  bool shuffle = false;         ///< any order is as likely
  bool redeliver_one = false;   ///< one event comes again, at any time later
  unsigned duplicates = 0;      ///< so many of a hundred come twice, the copy at any time later
  unsigned lost = 0;            ///< so many of a hundred never come
  bool loses_dest_end = false;  ///< no live_migration.post.dest.end comes
  bool late_post_end = false;   ///< every live_migration._post.end comes late
  bool late_dest_end = false;   ///< every live_migration.post.dest.end comes late
  unsigned late = 0;            ///< so many of a hundred of all events come late
  Duration least_late = std::chrono::milliseconds{500};
  Duration most_late = std::chrono::minutes{2};
  /// The clock of each publisher is off by something constant between this and its negative.
  Duration skew{0};
};

/// What arrives. The model must make the same of both.
struct Arrival {
  std::vector<Made> orderly;     ///< in the order of sending, without copies
  std::vector<Made> disorderly;  ///< the same events, in disorder, with copies
};

/// `sent` is in the order of sending, with true times.
[[nodiscard]] Arrival disturb(std::vector<Made> sent, const Disturbance& disturbance,
                              Random& random);

}  // namespace vmtrail::disorder
