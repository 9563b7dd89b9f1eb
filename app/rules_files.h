// SPDX-License-Identifier: Apache-2.0
// Files of rules and of configuration as the command line names them.

#pragma once

#include <string>
#include <vector>

#include "vmtrail/error.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// One file of rules or of configuration. Error: unreadable.
[[nodiscard]] Result<RulesText> read_text(const std::string& file);

/// The shipped table and, on top of it, `files`. Error: unreadable.
[[nodiscard]] Result<std::vector<RulesText>> read_rules(const std::vector<std::string>& files);

}  // namespace vmtrail
