// SPDX-License-Identifier: Apache-2.0
// The compiled form of a rule set: how an event finds its row.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vmtrail/rules.h"

namespace vmtrail {

struct TransparentHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// A name of the site's own for a field, and where the file says so.
struct Alias {
  TraitNames::Alias alias;
  std::string file;
  Place at;
};

/// What rules files come to, all together.
struct Parsed {
  std::vector<Rule> rules;  ///< in the order in which they are asked
  std::vector<Absence> absences;
  std::vector<Alias> aliases;
};

struct RuleSet::Compiled {
  explicit Compiled(Parsed parsed);

  Parsed all;
  TraitNames traits;
  /// By event type as it is written out in some rule: every rule it may match, in their order.
  std::unordered_map<std::string, std::vector<const Rule*>, TransparentHash, std::equal_to<>>
      by_type;
  /// Rules with a pattern, for the types that no rule writes out.
  std::vector<const Rule*> patterned;
};

[[nodiscard]] inline bool is_pattern(std::string_view event_type) {
  return event_type.find('*') != std::string_view::npos;
}

}  // namespace vmtrail
