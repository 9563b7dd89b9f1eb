// SPDX-License-Identifier: Apache-2.0
// How the parts that records and answers share look in JSON.

#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "model/json_pieces.h"
#include "vmtrail/placement.h"

namespace vmtrail::json {

/// What a shape's own words come to at most, with all that is of a bounded length in it.
inline constexpr std::size_t kOwnWords = 400;

// What a shape comes to at most. Those with a text of any length ask for it.
[[nodiscard]] std::size_t bound(std::span<const Interval> timeline);
[[nodiscard]] std::size_t bound(const Migration& migration);
[[nodiscard]] std::size_t bound(const OperationSummary& operation);

// As the pieces: each writes at `to` and returns where it ended.
char* put(char* to, const Interval& interval);
char* put(char* to, std::span<const Interval> timeline);
char* put(char* to, const Migration& migration);
char* put(char* to, const OperationSummary& operation);

template <class Value>
char* put_or_null(char* to, const std::optional<Value>& value) {
  return value ? put(to, *value) : put(to, "null");
}

}  // namespace vmtrail::json
