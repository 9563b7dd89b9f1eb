// SPDX-License-Identifier: Apache-2.0

#include "query/question.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::string_view kAgo = " ago";

}  // namespace

Interval Window::clip(Interval interval) const {
  if (since) interval.from = std::max(interval.from, *since);
  if (until) interval.to = std::min(interval.to.value_or(*until), *until);
  return interval;
}

Error wrong_usage(std::string detail) {
  return {ErrorCode::wrong_usage, std::move(detail)};
}

Result<std::string> Question::required(std::string_view option) const {
  if (const std::string* const value = request.find(option)) return *value;
  return tl::unexpected(wrong_usage(request.op + " wants '" + std::string(option) + "'"));
}

Result<bool> Question::flag(std::string_view option) const {
  const std::string* const value = request.find(option);
  if (value == nullptr || *value == "false") return false;
  if (*value == "true") return true;
  return tl::unexpected(
      wrong_usage("'" + std::string(option) + "' is true or false, not '" + *value + "'"));
}

Result<std::optional<Time>> Question::time(std::string_view option) const {
  const std::string* const value = request.find(option);
  if (value == nullptr) return std::nullopt;
  if (const auto time = parse_time_or_day(*value)) return time;
  std::string_view text = *value;
  if (text.ends_with(kAgo)) text.remove_suffix(kAgo.size());
  if (const auto ago = parse_duration(text)) return model().newest_event().value_or(Time{}) - *ago;
  return tl::unexpected(wrong_usage(
      "'" + *value +
      "' is no time (2017-01-23T06:22:02Z, 2017-01-23) and no duration (90s, 15m, 2h ago)"));
}

Result<Window> Question::window() const {
  const auto since = time("since");
  if (!since) return tl::unexpected(since.error());
  const auto until = time("until");
  if (!until) return tl::unexpected(until.error());
  if (*since && *until && **until < **since) {
    return tl::unexpected(wrong_usage("'until' is before 'since'"));
  }
  return Window{*since, *until};
}

Result<std::size_t> Question::limit() const {
  const std::string* const value = request.find("limit");
  if (value == nullptr) return kLimit;
  if (*value == "all") return std::numeric_limits<std::size_t>::max();
  std::size_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, failed] = std::from_chars(value->data(), end, number);
  if (failed == std::errc{} && stop == end && number > 0) return number;
  return tl::unexpected(
      wrong_usage("'limit' is a number greater than 0, or all, not '" + *value + "'"));
}

Result<InstanceId> Question::instance() const {
  const auto text = required("instance");
  if (!text) return tl::unexpected(text.error());
  return model().find(*text);
}

Result<HostAnswer> Question::host() const {
  const auto text = required("host");
  if (!text) return tl::unexpected(text.error());
  const auto known = model().host(*text);
  if (!known) return tl::unexpected(Error{ErrorCode::not_found, "host '" + *text + "'"});
  return *known;
}

void turn_back(InstanceAnswer& instance, Time time) {
  const Interval* const then = at(instance.timeline, time);
  // One that was never anywhere is since its newest fact what it is now.
  const bool is_as_now = instance.timeline.empty() && time >= instance.updated_at;
  const bool gone =
      instance.deleted && then == nullptr &&
      (instance.timeline.empty() ? is_as_now : time >= instance.timeline.back().to.value_or(time));
  instance.host = then == nullptr ? std::string_view() : then->host;
  instance.confidence = then != nullptr ? then->confidence
                        : gone          ? Confidence::deleted
                        : is_as_now     ? instance.confidence
                                        : Confidence::unknown;
  instance.deleted = gone;
  instance.vm_state = instance.task_state = {};
  instance.power_state = PowerState::unknown;
  instance.operation.reset();
  instance.decided_by.reset();
}

}  // namespace vmtrail
