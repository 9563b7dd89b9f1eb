// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the word that a mistyped one was probably meant to be.

#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace vmtrail {

/// The word nearest to `typed` by insertions, deletions and substitutions; nullopt if none is
/// within three of them, or more than half of the word would have to change.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view typed,
                                                      std::span<const std::string_view> words);

}  // namespace vmtrail
