// SPDX-License-Identifier: Apache-2.0
// Rules files as the command line names them.

#pragma once

#include <string>
#include <vector>

#include "vmtrail/error.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// The shipped table and, on top of it, `files`. Error: unreadable.
[[nodiscard]] Result<std::vector<RulesText>> read_rules(const std::vector<std::string>& files);

}  // namespace vmtrail
