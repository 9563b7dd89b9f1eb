// SPDX-License-Identifier: Apache-2.0
// Cuts the life of one instance, as somebody told it, into recordings.

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/disorder/recording.h"

namespace vmtrail::disorder {

/// All events of one request that concern one instance, in the order of sending.
using Request = std::vector<Made>;

/// What is known of the instance from elsewhere.
struct Chronicle {
  struct Move {
    Time created;
    MigrationKind kind;
    std::string source;
    std::string destination;
    Outcome outcome;
  };

  std::string name;  ///< for errors
  std::set<std::string> controllers;
  std::vector<Move> moves;  ///< Nova's list of its migrations
  /// How it stands at the end.
  std::optional<Standing> end;
  std::string host_at_end;
};

/// The operations, one after the other. What each leads to is what its last compute.instance.update
/// says, the record as the database has it; where no update tells that it is over, its last `.end`.
/// Throws where that is not how the chronicle ends, or where a migration belongs nowhere.
[[nodiscard]] std::vector<Recording> dissect(std::vector<Request> requests,
                                             const Chronicle& chronicle);

}  // namespace vmtrail::disorder
