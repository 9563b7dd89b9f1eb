// SPDX-License-Identifier: Apache-2.0
// The closed sets of words that rules, model and records share, with their spellings.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vmtrail {

/// What kind of operation a request is. Nova runs the serial ones one at a time, under a task
/// state; the others (bystanders) may fall into another operation.
enum class OperationKind : std::uint8_t {
  none = 0,  ///< nothing but updates: renames, locks, resets of the state; a bystander
  boot = 1,
  live_migration = 2,
  resize = 3,  ///< cold migration too; they differ in the flavor alone
  confirm = 4,
  revert = 5,
  rebuild = 6,  ///< evacuation too; they differ in the host alone
  shelve = 7,   ///< offload too: one request does both
  unshelve = 8,
  remove = 9,  ///< delete
  soft_delete = 10,
  restore = 11,
  action = 12,          ///< on one host: power, pause, suspend, rescue, reboot, snapshot
  volume = 13,          ///< a bystander
  audit = 14,           ///< periodic exists; a bystander
  abort = 15,           ///< of a live migration, with a request of its own; a bystander
  force_complete = 16,  ///< likewise
};

/// What an event means to its operation.
enum class Phase : std::uint8_t {
  none = 0,
  start = 1,
  prepared = 2,  ///< the destination is ready
  switched = 3,  ///< the guest runs at the destination, the database does not know yet
  at_destination = 4,
  completed = 5,
  source_done = 6,  ///< the source has cleaned up: it went well, even if the end was lost
  rolling_back = 7,
  failed = 8,
  copying = 9,
  finishing = 10,
  finished = 11,
  confirming = 12,
  confirmed = 13,
  reverting = 14,
  reverted = 15,
  evacuate = 16,  ///< a rebuild asked for because the host is down
  scheduled = 17,
  shelved = 18,
  offloading = 19,
  offloaded = 20,
  end = 21,
  requested = 22,            ///< an abort
  raised = 23,               ///< a method of Nova's raised an exception in it
  raised_after_switch = 24,  ///< the same, and `switched`: the method runs where the guest has gone
};

/// How sure vmtrail is of a host.
enum class Confidence : std::uint8_t {
  unknown = 0,
  confirmed = 1,  ///< an authority said so
  probable = 2,   ///< implied, or the order of two operations cannot be known
  unplaced = 3,   ///< the instance has no host
  deleted = 4,
};

/// What a migration object is called, by Nova's migration types.
enum class MigrationKind : std::uint8_t {
  live_migration = 1,
  cold_migration = 2,
  resize = 3,
  evacuation = 4
};

enum class Outcome : std::uint8_t {
  in_progress = 0,
  completed = 1,
  reverted = 2,
  failed = 3,
  aborted = 4,
  uncertain = 5,  ///< no end came in time, after the guest may have moved
  stuck = 6,      ///< no end came in time
};

/// Has it not come to an end, as far as is known?
[[nodiscard]] constexpr bool is_open(Outcome outcome) {
  return outcome == Outcome::in_progress || outcome == Outcome::uncertain ||
         outcome == Outcome::stuck;
}

/// Nova's power states (nova/objects/fields.py InstancePowerState), as far as they say anything.
enum class PowerState : std::uint8_t {
  unknown = 0,
  running = 1,
  paused = 2,
  shutdown = 3,
  suspended = 4,
  crashed = 5
};

/// A compute host as service.* tells it; a host of which nothing was told is up.
enum class HostStatus : std::uint8_t { up = 0, disabled = 1, down = 2 };

/// What was made of the host that an event named.
enum class Treatment : std::uint8_t {
  no_witness = 0,  ///< it named none, or nobody whom its rule trusts did
  placed = 1,      ///< it set the host
  agreed = 2,      ///< the host was that already
  bystander = 3,   ///< another operation's word counts more: it only confirms
  rebuilding = 4,  ///< within a rebuild or an evacuation only the rebuild's own events count
  deleted = 5,     ///< the instance is gone
  duplicate = 6,   ///< a copy
  too_late = 7,    ///< what it belongs to is folded
};

/// How grave a record is, by Zenoss' numbers.
enum class Severity : std::uint8_t {
  clear = 0,  ///< what was wrong is right again
  debug = 1,
  info = 2,
  warning = 3,
  error = 4,
  critical = 5
};

[[nodiscard]] std::string_view name(
    OperationKind kind);  ///< `none` is "update", `remove` is "delete"
[[nodiscard]] std::string_view name(Phase phase);
[[nodiscard]] std::string_view name(Confidence confidence);
[[nodiscard]] std::string_view name(MigrationKind kind);
[[nodiscard]] std::string_view name(Outcome outcome);
[[nodiscard]] std::string_view name(PowerState state);  ///< `unknown` is ""
[[nodiscard]] std::string_view name(HostStatus status);
[[nodiscard]] std::string_view name(Treatment treatment);
[[nodiscard]] std::string_view name(Severity severity);

/// The value that name() spells `text`; nullopt if there is none.
template <class Word>
[[nodiscard]] std::optional<Word> parse_word(std::string_view text);

}  // namespace vmtrail
