// SPDX-License-Identifier: Apache-2.0
// What the model keeps of one instance.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/boxed.h"
#include "model/folded_requests.h"
#include "model/id_filter.h"
#include "model/migration.h"
#include "model/operations.h"
#include "model/remembered.h"
#include "model/state.h"
#include "model/steps.h"
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
  /// None: there is one operation, and all steps are the answer, but for State::effective.
  Boxed<Steps> steps;
  Time before{};  ///< then: State::effective of the base; that of `open` is the answer's
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
  FoldedRequests folded;

  /// What is folded; State::effective is another while facts are held without steps.
  [[nodiscard]] const State& base() const {
    const Steps* const steps = held ? held->steps.get() : nullptr;
    return steps != nullptr ? steps->base : answer;
  }
  /// Writes the steps, of which there are none, into `room`.
  void make_steps(std::unique_ptr<Steps> room) {
    room->base = room->open = answer;
    room->base.effective = held->before;
    held->steps = Boxed(std::move(room));
  }
};

}  // namespace vmtrail
