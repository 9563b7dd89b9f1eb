// SPDX-License-Identifier: Apache-2.0
// Standard output, which may be a terminal.

#pragma once

#include <string>

#include "app/table.h"

namespace vmtrail {

/// A terminal's width and colours; none of either for anything else. NO_COLOR and TERM=dumb are
/// heeded.
[[nodiscard]] Look look_of_stdout();

void print(const std::string& text);

}  // namespace vmtrail
