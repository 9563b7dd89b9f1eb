// SPDX-License-Identifier: Apache-2.0
// What a rule asks of an event beyond its type.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vmtrail/time.h"

namespace vmtrail {

/// A value that a trait is compared with. How it is written tells its type: 4096 is a number,
/// 2020-01-01T00:00:00 a time, anything else, and all that stands in quotes, a text.
struct TraitValue {
  std::string text;
  std::variant<std::monostate, double, Time> typed;  ///< monostate: a text

  bool operator==(const TraitValue&) const = default;
};

/// What is asked of one trait. A trait that the event lacks, or that is not of the type of the
/// value asked for, does not meet it, whatever the operator; but for `exists: false`.
struct TraitCondition {
  enum class Operator : std::uint8_t { eq, ne, lt, le, gt, ge, in, exists, glob };

  std::string name;  ///< of the trait; of a notification the payload's key, a path with dots
  Operator op = Operator::eq;
  std::vector<TraitValue> values;  ///< one; for `in` all that will do; none for `exists`
  bool exists = true;              ///< for `exists`: it must, or must not

  bool operator==(const TraitCondition&) const = default;
};

/// All of it is to be met.
struct Condition {
  enum class Task : std::uint8_t { whatever, none, any, exactly };

  std::string state;               ///< vm_state must be this; empty: whatever
  Task task = Task::whatever;      ///< all but `whatever` need an event that tells the task
  std::string task_state;          ///< for Task::exactly
  bool periodic = false;           ///< the hourly audit, not an action's own `exists`
  bool changed = false;            ///< old_state is told and differs from state
  std::optional<bool> deleted_at;  ///< deleted_at is set, or is not
  std::vector<TraitCondition> traits;

  bool operator==(const Condition&) const = default;
};

/// Does `text` match `pattern`, in which each `*` stands for any characters, none included?
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);
[[nodiscard]] inline bool is_pattern(std::string_view text) {
  return text.find('*') != std::string_view::npos;
}

}  // namespace vmtrail
