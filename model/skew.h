// SPDX-License-Identifier: Apache-2.0
// How far apart the publishers' clocks are at least, from what must have come first.

#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "model/names.h"
#include "model/operation.h"
#include "vmtrail/placement.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

/// Of two causal facts of one request the one of lower rank was sent first (Rule::causal). If it
/// shows the later time, its publisher's clock is ahead of the other's by no less than the
/// difference.
class Skew {
 public:
  /// The fact at `index` is new in its operation.
  void note(const Operation& operation, std::size_t index);
  /// The largest first.
  [[nodiscard]] std::vector<ClockSkew> answer(const Names& names) const;

  [[nodiscard]] std::vector<SkewSnapshot> snapshot(const Names& names) const;
  void restore(const SkewSnapshot& saved, Names& names);

 private:
  void raise(NameId ahead, NameId behind, Duration at_least);

  std::map<std::pair<NameId, NameId>, Duration> pairs_;  // ahead, behind
};

/// Pairs of publishers that are kept; of more the smallest difference goes.
inline constexpr std::size_t kMaxSkewPairs = 256;

}  // namespace vmtrail
