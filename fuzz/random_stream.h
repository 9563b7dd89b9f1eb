// SPDX-License-Identifier: Apache-2.0
// Events made of arbitrary bytes, for rules to match and for the model to make sense of.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model_stream.h"
#include "vmtrail/event.h"
#include "vmtrail/rules.h"

namespace vmtrail::fuzzing {

/// Few enough for many executions a second, which find more than long streams do.
inline constexpr std::size_t kMaxEvents = 12;
/// Bytes that one event is made of; what is left at the end is not used.
inline constexpr std::size_t kBytesOfEvent = 8;

/// One of `values`, whatever the byte.
template <std::size_t size>
std::string_view pick(const std::array<std::string_view, size>& values, unsigned byte) {
  return values[byte % size];
}

/// The event of `bytes`: two instances, few hosts and few requests, so that they meet, and within
/// eight minutes, so that nothing is folded. The word "-" is a field that is not told.
inline testing::Made random_event(const std::uint8_t* bytes, std::size_t number,
                                  const RuleSet& rules) {
  static constexpr std::array<std::string_view, 2> kInstances = {
      testing::kVm, "11111111-2222-4333-8444-555555555555"};
  static constexpr std::array<std::string_view, 5> kRequests = {"-", "req-1", "req-2", "req-3",
                                                                "req-4"};
  static constexpr std::array<std::string_view, 4> kHosts = {"a", "b", "c", "-"};
  static constexpr std::array<std::string_view, 5> kPayloadHosts = {"-", "a", "b", "c", ""};
  static constexpr std::array<std::string_view, 8> kStates = {
      "active", "-", "stopped", "error", "resized", "deleted", "shelved_offloaded", "building"};
  static constexpr std::array<std::string_view, 5> kTasks = {"-", "", "migrating", "resize_prep",
                                                             "deleting"};
  static constexpr std::array<std::string_view, 4> kPowers = {"-", "running", "shutdown", "paused"};
  static constexpr std::array<std::string_view, 3> kDeleted = {"-", "", "2017-01-23T06:22:02"};
  static constexpr std::array<std::string_view, 3> kNames = {"-", "one", "two"};

  const Rule& rule = rules.rules()[bytes[0] % rules.rules().size()];
  testing::Made made;
  made.message_id = "message-" + std::to_string(number);
  made.event_type = rule.events[bytes[1] % rule.events.size()];
  made.generated = testing::kStart + std::chrono::milliseconds{(bytes[2] << 8 | bytes[3]) * 7};
  const auto tell = [&](Field field, std::string_view value) {
    if (value != "-") made.fields.emplace(field, value);
  };
  tell(Field::instance_id, pick(kInstances, bytes[4]));
  tell(Field::request_id, pick(kRequests, bytes[4] / 2U));
  // A migration without a request is known by its time alone: no two at the same moment.
  if (!made.fields.contains(Field::request_id)) made.generated += std::chrono::microseconds{number};
  tell(Field::display_name, pick(kNames, bytes[4] / 10U));
  tell(Field::publisher_host, pick(kHosts, bytes[5]));
  tell(Field::payload_host, pick(kPayloadHosts, bytes[5] / 4U));
  tell(Field::publisher_service, "compute");
  tell(Field::state, pick(kStates, bytes[6]));
  tell(Field::old_state, pick(kStates, bytes[6] / 8U));
  tell(Field::task_state, pick(kTasks, bytes[7]));
  tell(Field::power_state, pick(kPowers, bytes[7] / 5U));
  tell(Field::deleted_at, pick(kDeleted, bytes[7] / 20U));
  tell(Field::flavor, pick(kNames, bytes[7] / 60U));
  return made;
}

/// As many events as the bytes make, up to kMaxEvents.
inline std::vector<testing::Made> random_stream(const std::uint8_t* bytes, std::size_t size,
                                                const RuleSet& rules) {
  std::vector<testing::Made> stream;
  for (std::size_t at = 0; at + kBytesOfEvent <= size && stream.size() < kMaxEvents;
       at += kBytesOfEvent) {
    stream.push_back(random_event(bytes + at, stream.size(), rules));
  }
  return stream;
}

}  // namespace vmtrail::fuzzing
