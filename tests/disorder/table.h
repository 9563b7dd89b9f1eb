// SPDX-License-Identifier: Apache-2.0
// The table that people read: Markdown, with columns in line.

#pragma once

#include <string>
#include <string_view>

#include "tests/disorder/tally.h"

namespace vmtrail::disorder {

/// The two lines above the rows.
[[nodiscard]] std::string table_head();
[[nodiscard]] std::string table_row(std::string_view title, const Tally& tally);

}  // namespace vmtrail::disorder
