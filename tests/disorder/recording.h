// SPDX-License-Identifier: Apache-2.0
// One operation of an instance, with roles in place of hosts, so that it can be played again for
// another instance, on other hosts, at another time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/model_stream.h"

namespace vmtrail::disorder {

using testing::Made;

/// Who a host is to an operation.
enum class Role : std::uint8_t {
  nobody,      ///< no host (the payload says null), or not told
  controller,  ///< any controller
  here,        ///< where the instance is when the operation begins
  there,       ///< another compute host: where it goes, or would have gone
  tried,       ///< yet another, which was asked in vain
  former,      ///< while a resize awaits its confirmation: where the instance was before
};

/// How an instance stands between two operations, as Nova's database has it.
struct Standing {
  bool exists = false;  ///< false: not asked for yet
  bool placed = false;
  std::string vm_state;
  std::string kept;  ///< while resized: the vm_state that a confirmation returns to
  bool deleted = false;

  friend bool operator==(const Standing&, const Standing&) = default;
};

/// One event of an operation.
struct Line {
  Duration at;          ///< since the operation's first event
  Made event;           ///< hosts, ids and time are to be filled in
  std::size_t request;  ///< 0: the operation's own; others: of what fell into it, an abort
  Role publisher;
  Role payload_host;
  bool new_flavor = false;  ///< another than the operation began with
};

/// One operation of one instance, from its first event to its last.
struct Recording {
  struct Move {
    MigrationKind kind;
    Role source;
    Role destination;
    Outcome outcome;
  };

  std::string kind;  ///< what it does, in words of Nova's; alike recordings share it
  Standing before;
  Standing after;
  Role host_after = Role::nobody;
  std::optional<Move> move;  ///< the migration that Nova lists for it
  bool changes_flavor = false;
  bool reverts = false;     ///< it takes the last resize back
  std::vector<Line> lines;  ///< in the order in which they were sent
  std::size_t requests = 1;
  Duration length{0};
  bool by_hand = false;        ///< no capture has it
  bool needs_updates = false;  ///< nothing but compute.instance.update tells what became of it

  [[nodiscard]] bool moves_live() const {
    return move && move->kind == MigrationKind::live_migration &&
           move->outcome == Outcome::completed && !by_hand;
  }
};

/// A field of an event; empty where it is not told.
[[nodiscard]] std::string field(const Made& event, Field which);
[[nodiscard]] bool is_update(const Made& event);

}  // namespace vmtrail::disorder
