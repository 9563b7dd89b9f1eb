// SPDX-License-Identifier: Apache-2.0
// The table of codes.

#include "vmtrail/error.h"

#include <algorithm>
#include <iterator>

namespace vmtrail {
namespace {

using enum ErrorCode;

constexpr ErrorInfo kTable[] = {
    {invalid_json, "invalid_json", "this is not JSON"},
    {invalid_python, "invalid_python", "this is not a Python literal"},
    {invalid_utf8, "invalid_utf8", "the text is not UTF-8"},
    {incomplete, "incomplete", "it ends in the middle"},
    {number_out_of_range, "number_out_of_range", "a number is malformed or does not fit 64 bits"},
    {nested_too_deep, "nested_too_deep", "it is nested too deep"},
    {too_long, "too_long", "it is longer than the limit"},
    {not_an_event, "not_an_event", "it is well-formed but no event"},
    {wrong_format, "wrong_format", "it is of another format than the one asked for"},
    {wrong_type, "wrong_type", "a value is of the wrong type"},
    {repeated_key, "repeated_key", "a key occurs twice"},
    {missing_message_id, "missing_message_id", "it has no message id"},
    {missing_event_type, "missing_event_type", "it has no event type"},
    {missing_generated, "missing_generated", "it does not say when it was generated"},
    {bad_time, "bad_time", "its time cannot be read"},
    {bad_trait, "bad_trait", "a trait is malformed"},
    {unterminated_trait, "unterminated_trait", "a trait has no end"},
    {repeated_trait, "repeated_trait", "a trait occurs twice"},
    {conflicting_traits, "conflicting_traits", "two traits contradict each other"},
    {value_too_long, "value_too_long", "a value is too long"},
    {bad_instance_id, "bad_instance_id", "the instance id is not a UUID"},
    {no_rule, "no_rule", "no rule for this event"},
    {no_instance, "no_instance", "it names no instance"},
    {too_late, "too_late", "it came after its time had been folded"},
    {sample, "sample", "a meter sample"},
    {too_many_facts, "too_many_facts", "the instance has too many facts inside the horizon"},
    {rule_error, "rule_error", "the rules are wrong"},
    {unreadable, "unreadable", "it cannot be read"},
    {cut_short, "cut_short", "the stream ends too soon"},
    {corrupt_stream, "corrupt_stream", "the compressed stream is corrupt"},
    {store_error, "store_error", "the store failed"},
    {not_found, "not_found", "there is no such thing"},
    {ambiguous, "ambiguous", "it fits more than one"},
    {wrong_usage, "wrong_usage", "wrong usage"},
    {unwritable, "unwritable", "cannot be written"},
    {unavailable, "unavailable", "it does not answer now"},
};

constexpr ErrorInfo kUnknown{ErrorCode{0}, "unknown", "a code of another version"};

}  // namespace

std::span<const ErrorInfo> error_table() {
  return kTable;
}

const ErrorInfo& info(ErrorCode code) {
  const auto* row = std::ranges::lower_bound(kTable, code, {}, &ErrorInfo::code);
  return row != std::end(kTable) && row->code == code ? *row : kUnknown;
}

std::string Error::message() const {
  std::string out(info(code).sentence);
  if (!detail.empty()) out.append(": ").append(detail);
  for (char& c : out) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return out;
}

}  // namespace vmtrail
