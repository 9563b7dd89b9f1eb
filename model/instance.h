// SPDX-License-Identifier: Apache-2.0
// What the model keeps of one instance.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/folded_requests.h"
#include "model/id_filter.h"
#include "model/operations.h"
#include "model/remembered.h"
#include "model/state.h"
#include "model/trail.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// The operations that are not folded, and the states along their order. Between two events:
///   base  -(all operations but the last)->  prefix  -(facts of the last)->  open  -(its end)->
///   the instance's answer
/// so that a fact which comes last costs one step from `open`, and any other at most one walk from
/// `base`.
struct Held {
  State base;
  State prefix;
  State open;
  Confidence finished = Confidence::unknown;  ///< the answer's, without what only seems so in all
  IdFilter ids;                               ///< of all operations
  Operations operations;
  bool ambiguous =
      false;  ///< another operation may have come after the one that placed the instance last
  bool alike = false;  ///< base, prefix, open and the answer differ in State::effective alone
};

struct Instance {
  InstanceId id;
  std::uint32_t place = 0;  ///< among the model's instances
  State answer;
  std::optional<Held> held;                ///< none: everything is folded into the answer
  std::vector<ClosedInterval> past;        ///< closed intervals, oldest first
  std::vector<MigrationEntry> migrations;  ///< in the order of their operations
  /// Those that a confirm or a revert has ended, or ends no more, since records last told.
  std::vector<std::uint32_t> ended;
  Remembered remembered;
  /// Facts folded since it was last saved, and events turned away; null: none, or nobody asks.
  std::unique_ptr<Trail> trail;
  Time cut = Time::min();     ///< newest time folded
  Time newest = Time::min();  ///< newest fact
  bool queued = false;        ///< waits in the queue of instances that may become quiet
  FoldedRequests folded;      ///< seldom looked at, therefore last
};

}  // namespace vmtrail
