// SPDX-License-Identifier: Apache-2.0
// A rule set, shown.

#pragma once

#include <string>

#include "vmtrail/rules.h"

namespace vmtrail {

/// One line for each rule in the order in which they are asked, then one for each absence.
[[nodiscard]] std::string rules_table(const RuleSet& rules);
/// The same with all that is told of each, as one JSON object.
[[nodiscard]] std::string rules_json(const RuleSet& rules);

}  // namespace vmtrail
