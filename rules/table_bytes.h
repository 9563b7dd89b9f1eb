// SPDX-License-Identifier: Apache-2.0
// Parsed rules as bytes: the shipped table is parsed where vmtrail is built, not where it starts.

#pragma once

#include <string>
#include <string_view>

#include "rules/compiled.h"

namespace vmtrail {

/// Members in the order of their types; whole numbers in LEB128, texts and lists behind their
/// size. There is no version: the build that writes it embeds it.
[[nodiscard]] std::string to_bytes(const Parsed& parsed);

/// The inverse. What to_bytes() did not write is a bug of ours, and ends the program.
[[nodiscard]] Parsed from_bytes(std::string_view bytes);

}  // namespace vmtrail
