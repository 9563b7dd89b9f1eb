// SPDX-License-Identifier: Apache-2.0
// What the model keeps of one instance.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/folded_requests.h"
#include "model/id_filter.h"
#include "model/migration.h"
#include "model/operations.h"
#include "model/remembered.h"
#include "model/state.h"
#include "model/trail.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// The operations that are not folded.
struct Held {
  Operations operations;
  IdFilter ids;                               ///< of all of them
  Confidence finished = Confidence::unknown;  ///< the answer's, without what only seems so in all
  bool ambiguous =
      false;  ///< another operation may have come after the one that placed the instance last
  bool alike = false;  ///< the steps are the answer, but for State::effective, and not written
  /// While alike: State::effective of the base; that of open is the answer's.
  Time before{};
};

/// The states along the order of the operations. Between two events:
///   base  -(all operations but the last)->  prefix  -(facts of the last)->  open  -(its end)->
///   the instance's answer
/// so that a fact which comes last costs one step from `open`, and any other at most one walk from
/// `base`.
struct Steps {
  State base;
  State open;
  State prefix;  ///< while there is more than one operation; of a single one it is the base
};

struct Instance {
  InstanceId id;
  std::uint32_t place = 0;  ///< among the model's instances
  bool queued = false;      ///< waits in the queue of instances that may become quiet
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
  FoldedRequests folded;      ///< seldom looked at to its end, therefore here
  Steps steps;                ///< while facts are held that are not alike

  /// What is folded; while alike, State::effective is another.
  [[nodiscard]] const State& base() const { return held && !held->alike ? steps.base : answer; }
  /// Writes the steps, if they are alike.
  void part() {
    if (!held->alike) return;
    held->alike = false;
    steps.base = steps.open = answer;
    steps.base.effective = held->before;
  }
};

}  // namespace vmtrail
