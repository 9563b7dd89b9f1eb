// SPDX-License-Identifier: Apache-2.0
// Where the values of a checked event stand.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/traits.h"

namespace vmtrail {

/// The text of one event that a scanner has taken, cut into its values.
struct EventLayout {
  /// What may stand in a value's place in other events, as far as it is of the same size.
  enum class Takes : std::uint8_t {
    same,    ///< the very same bytes
    text,    ///< any plain ones
    word,    ///< the same; in a log line without blanks and commas
    number,  ///< digits, without a zero in front
  };

  struct Value {
    std::size_t begin;
    std::size_t end;
    Takes takes;
    bool sized;             ///< events that have it in another size are laid out differently
    std::string_view* to;   ///< where the value goes; nullptr: it is not read
    bool variable = false;  ///< others have had it in another size
  };

  /// The bytes between the value before and this one, or behind the last one.
  [[nodiscard]] std::string_view head(std::size_t value) const {
    const std::size_t begin = value == 0 ? 0 : values[value - 1].end;
    const std::size_t end = value == values.size() ? text.size() : values[value].begin;
    return std::string_view(text).substr(begin, end - begin);
  }

  [[nodiscard]] std::string_view type() const {
    const Value& value = values[kType];
    return std::string_view(text).substr(value.begin, value.end - value.begin);
  }

  static constexpr std::size_t kType = 1;  ///< the value that is the event type
  std::string text;
  std::vector<Value> values;  ///< in their order
};
inline constexpr std::size_t kMostLaidOut = 2048;  ///< bytes of an event
inline constexpr std::size_t kMostValues = 64;

/// Of an event in Ceilometer's JSON, as CeilometerScan takes it, ASCII and without escapes, whose
/// values go to `draft` and `traits`. nullopt: a trait of it is asked for by the site's rules, or
/// it is larger than is worth to be kept.
[[nodiscard]] std::optional<EventLayout> layout_of_json(std::string_view text, Draft& draft,
                                                        TraitSet& traits);

/// The same of an event as LogScan takes it.
[[nodiscard]] std::optional<EventLayout> layout_of_logged(std::string_view text, Draft& draft,
                                                          TraitSet& traits);

}  // namespace vmtrail
