// SPDX-License-Identifier: Apache-2.0
// Values of traits, compared as what they are: numbers, times, texts.

#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "vmtrail/condition.h"

namespace vmtrail {

/// The type is told by the text.
[[nodiscard]] TraitValue typed_value(std::string text);

/// `text`, as a value of the same type, against `value`; nullopt if it is none of that type.
[[nodiscard]] std::optional<std::partial_ordering> compared(std::string_view text,
                                                            const TraitValue& value);

/// Does a trait of this value meet what is asked? data() is nullptr: there is no such trait.
[[nodiscard]] bool meets(const TraitCondition& asked, std::string_view text);

}  // namespace vmtrail
