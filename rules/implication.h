// SPDX-License-Identifier: Apache-2.0
// What follows from conditions, and which can never be met together.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/condition.h"

namespace vmtrail {

/// Does `wide` match everything that the pattern `narrow` matches?
[[nodiscard]] bool covers(std::string_view wide, std::string_view narrow);

/// Does an event that meets `strong` always meet `weak`? False also where that cannot be told.
[[nodiscard]] bool implies(const Condition& strong, const Condition& weak);

/// The names under which traits tell what `when` asks of the state and the task.
struct TellingNames {
  std::vector<std::string_view> state;
  std::vector<std::string_view> task;
};

/// Two requirements that no event meets both, for people: "x and y"; empty if there are none that
/// can be told.
[[nodiscard]] std::string contradiction(const Condition& when, const TellingNames& names);

}  // namespace vmtrail
