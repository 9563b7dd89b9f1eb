// SPDX-License-Identifier: Apache-2.0
// The compiled form of a rule set: how an event finds its row.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/name_table.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// A name of the site's own for a field, and where the file says so.
struct Alias {
  TraitNames::Alias alias;
  std::string file;
  Place at;

  bool operator==(const Alias&) const = default;
};

/// What rules files come to, all together.
struct Parsed {
  std::vector<Rule> rules;  ///< in the order in which they are asked
  std::vector<Absence> absences;
  std::vector<Alias> aliases;

  bool operator==(const Parsed&) const = default;
};

/// A rule that an event's type leads to.
struct Candidate {
  Candidate() = default;
  explicit Candidate(const Rule& one);

  /// The classes of states and tasks (match.cc has them) that never meet its condition: a cheap
  /// test that turns most events away.
  std::uint64_t refused = 0;
  const Rule* rule = nullptr;  ///< nullptr: this is behind the last one
  bool asks = false;  ///< that is not all that its condition asks; of an end: see patterned
};

struct RuleSet::Compiled {
  explicit Compiled(Parsed parsed);

  Parsed all;
  TraitNames traits;
  NameTable ids;  ///< by id, the rule's index
  /// By event type as it is written out in some rule: the first of its candidates.
  NameTable types;
  /// Of each event type every rule that it may match, in their order, and an end.
  std::vector<Candidate> candidates;
  /// Rules with a pattern, for the types that no rule writes out: what those lead to is an end that
  /// asks them.
  std::vector<Candidate> patterned;
  Candidate unwritten;

  /// The first candidate for that type, or the end.
  [[nodiscard]] const Candidate& candidates_for(std::string_view event_type) const {
    const std::uint32_t first = types.find(event_type);
    return first == NameTable::kNone ? unwritten : candidates[first];
  }
};

}  // namespace vmtrail
