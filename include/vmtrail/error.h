// SPDX-License-Identifier: Apache-2.0
// Errors and reasons: one table of codes, each with a name and a sentence.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace vmtrail {

/// Why something was not done. The numbers are stored; they never change their meaning and are
/// never reused. The names are part of the output (`by_reason`), see error_table().
enum class ErrorCode : std::uint8_t {
  // What keeps bytes from being an event: reasons of quarantine.
  invalid_json = 1,
  invalid_python = 2,
  invalid_utf8 = 3,
  incomplete = 4,
  number_out_of_range = 5,
  nested_too_deep = 6,
  too_long = 7,
  not_an_event = 8,
  wrong_format = 9,
  wrong_type = 10,
  repeated_key = 11,
  missing_message_id = 12,
  missing_event_type = 13,
  missing_generated = 14,
  bad_time = 15,
  bad_trait = 16,
  unterminated_trait = 17,
  repeated_trait = 18,
  conflicting_traits = 19,
  value_too_long = 20,
  bad_instance_id = 21,

  // What keeps an event from changing the model: reasons of being ignored.
  no_rule = 40,
  no_instance = 41,
  too_late = 42,
  sample = 43,
  too_many_facts = 44,

  // What keeps vmtrail from working.
  rule_error = 60,
  unreadable = 61,
  cut_short = 62,
  corrupt_stream = 63,
  store_error = 64,
  not_found = 65,
  ambiguous = 66,
  wrong_usage = 67,
  unwritable = 68,
  unavailable = 69,
};

/// One row of the table of codes.
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;      ///< as in statistics and in the quarantine
  std::string_view sentence;  ///< for people; without a full stop
};

/// Every code, in ascending order of number.
[[nodiscard]] std::span<const ErrorInfo> error_table();

/// The row of one code.
[[nodiscard]] const ErrorInfo& info(ErrorCode code);

/// An error as a function returns it. `detail` says what the code cannot: a file, a position, a
/// value. It never holds an authentication token.
struct Error {
  ErrorCode code;
  std::string detail;

  /// "sentence: detail", one line.
  [[nodiscard]] std::string message() const;
};

/// The result of a function that can fail. Absent is not failed: that is Result<std::optional<T>>.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace vmtrail
