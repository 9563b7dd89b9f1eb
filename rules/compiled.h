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

struct RuleSet::Compiled {
  explicit Compiled(std::vector<Rule> rules);

  std::vector<Rule> rules;
  /// By event type as it is written out in some rule: every rule it may match, in the order of the
  /// file.
  std::unordered_map<std::string, std::vector<const Rule*>, TransparentHash, std::equal_to<>>
      by_type;
  /// Rules with a pattern, for the types that no rule writes out.
  std::vector<const Rule*> patterned;
};

/// Does `text` match `pattern`, in which each `*` stands for any characters, none included?
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace vmtrail
