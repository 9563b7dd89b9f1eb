// SPDX-License-Identifier: Apache-2.0

#include "rules/trait_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace vmtrail {

namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, value);
  if (text.empty() || rest != end || failed != std::errc{} || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

TraitValue typed_value(std::string text) {
  TraitValue value;
  if (const auto found = number(text)) {
    value.typed = *found;
  } else if (const auto time = parse_time(text)) {
    value.typed = *time;
  }
  value.text = std::move(text);
  return value;
}

std::optional<std::partial_ordering> compared(std::string_view text, const TraitValue& value) {
  if (const double* const wanted = std::get_if<double>(&value.typed)) {
    const auto found = number(text);
    return found ? std::optional(*found <=> *wanted) : std::nullopt;
  }
  if (const Time* const wanted = std::get_if<Time>(&value.typed)) {
    const auto found = parse_time(text);
    if (!found) return std::nullopt;
    return found->time_since_epoch().count() <=> wanted->time_since_epoch().count();
  }
  return text <=> std::string_view(value.text);
}

bool meets(const TraitCondition& asked, std::string_view text) {
  using Operator = TraitCondition::Operator;
  const bool there = text.data() != nullptr;
  if (asked.op == Operator::exists) return there == asked.exists;
  if (!there) return false;
  if (asked.op == Operator::glob) return glob_match(asked.values.front().text, text);
  if (asked.op == Operator::in) {
    return std::any_of(asked.values.begin(), asked.values.end(), [&](const TraitValue& value) {
      return compared(text, value) == std::partial_ordering::equivalent;
    });
  }
  const auto order = compared(text, asked.values.front());
  if (!order) return false;
  switch (asked.op) {
    case Operator::eq:
      return *order == 0;
    case Operator::ne:
      return *order != 0;
    case Operator::lt:
      return *order < 0;
    case Operator::le:
      return *order <= 0;
    case Operator::gt:
      return *order > 0;
    case Operator::ge:
      return *order >= 0;
    case Operator::in:
    case Operator::exists:
    case Operator::glob:
      break;
  }
  return false;
}

}  // namespace vmtrail
