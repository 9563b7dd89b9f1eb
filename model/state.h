// SPDX-License-Identifier: Apache-2.0
// The answer about one instance at some point of the order of its facts.

#pragma once

#include <cstdint>
#include <optional>

#include "model/fact.h"
#include "model/names.h"
#include "vmtrail/ids.h"
#include "vmtrail/rules.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// Why an interval began: the kind of the operation, with resize told from cold migration and
/// rebuild from evacuation.
enum class IntervalCause : std::uint8_t {
  update = 0,
  boot = 1,
  live_migration = 2,
  resize = 3,
  cold_migration = 4,
  confirm = 5,
  revert = 6,
  rebuild = 7,
  evacuation = 8,
  shelve = 9,
  unshelve = 10,
  remove = 11,
  soft_delete = 12,
  restore = 13,
  action = 14,
  volume = 15,
  audit = 16,
  abort = 17,
  force_complete = 18,
};
[[nodiscard]] std::string_view name(IntervalCause cause);
[[nodiscard]] std::optional<IntervalCause> parse_interval_cause(std::string_view text);

struct State {
  NameId host{};
  NameId vm_state{};
  NameId task_state{};
  NameId name{};
  NameId project_id{};
  NameId mover_host{};  ///< host after the last operation that could move the instance
  NameId left_state{};  ///< by a change that an update has reported, in the operation under way
  std::int8_t left_rank = 0;  ///< likewise, see Rule::rank
  Confidence confidence = Confidence::unknown;
  PowerState power = PowerState::unknown;
  IntervalCause cause = IntervalCause::update;
  bool deleted = false;
  bool interval_open = false;
  bool building = false;  ///< said to be built, and since then nowhere, and in no state but error
  NameId decided_event_type{};
  std::uint32_t closed_intervals = 0;  ///< how many of the instance's closed intervals belong to it
  std::uint32_t migrations = 0;        ///< likewise
  Time since{};                        ///< beginning of the open interval
  Time moved_at = Time::min();         ///< newest fact of a serial operation
  Time effective = Time::min();        ///< newest fact so far: never goes back along the order
  MessageId decided_by;
  const Rule* decided_rule = nullptr;
};

/// Does the fact tell of each field that it may write, but for the host, what the state has?
[[nodiscard]] bool confirms(const Fact& fact, const State& state);

struct ClosedInterval {
  Time from;
  Time to;
  NameId host;
  Confidence confidence;
  IntervalCause cause;

  friend bool operator==(const ClosedInterval&, const ClosedInterval&) = default;
};

}  // namespace vmtrail
