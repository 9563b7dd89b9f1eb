// SPDX-License-Identifier: Apache-2.0
// Rules files, each on top of those before it.

#pragma once

#include <optional>
#include <span>

#include "rules/compiled.h"

namespace vmtrail {

/// What RuleSet::parse() says of `files`. `first`: what the first of them comes to, if that is
/// known already; its text is not looked at then.
[[nodiscard]] Result<Parsed> combine(std::span<const RulesText> files,
                                     std::optional<Parsed> first = std::nullopt);

}  // namespace vmtrail
