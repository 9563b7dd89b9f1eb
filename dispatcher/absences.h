// SPDX-License-Identifier: Apache-2.0
// Watching for events that do not come.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/absence.h"
#include "vmtrail/event.h"
#include "vmtrail/ids.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

/// Remembers what waits for an answer, and answers for which a question may still come, so that
/// what is told does not depend on the order of arrival within the horizon. Borrows the absences.
class Absences {
 public:
  struct Limits {
    Duration clock_tolerance;
    Duration horizon;
    std::size_t waiting = kMaxWaiting;
    std::size_t answers = kMaxAnswers;
  };
  Absences(std::span<const Absence> absences, Limits limits);

  /// Takes an event that is no copy; `stream` is how far the stream's time has gone on.
  void observe(const Event& event, const InstanceId& instance, Time stream);

  /// One that nothing has answered.
  struct Missing {
    const Absence* absence;
    InstanceId instance;
    Time due;  ///< its time and `within`
    std::string_view message_id;
    std::string_view event_type;
  };
  using Tell = std::function<void(const Missing&)>;

  /// Tells everything that was due before `now`, the longest due first.
  void tell_due(Time now, const Tell& tell);
  /// Forgets answers for which no question can come any more within the horizon.
  void forget(Time stream);

  /// How many had to be given up: there was no room, or they came too late to be watched.
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

  [[nodiscard]] std::vector<AwaitedSnapshot> snapshot() const;
  /// Absences that there are no longer are left out.
  void restore(std::span<const AwaitedSnapshot> saved);

  static constexpr std::size_t kMaxWaiting = 100'000;
  static constexpr std::size_t kMaxAnswers = 500'000;

 private:
  /// Whose events answer each other.
  struct Key {
    std::uint32_t absence;
    InstanceId instance;
    std::string request;  // empty where it does not matter
    auto operator<=>(const Key&) const = default;
  };
  struct Waiting {
    Key key;
    Time generated;
    std::string event_type;
  };
  struct DueOrder {
    Time due;
    std::string message_id;
    std::uint32_t absence;
    auto operator<=>(const DueOrder&) const = default;
  };
  /// What an event type means to the absences.
  struct Roles {
    std::set<std::uint32_t> asks;
    std::set<std::uint32_t> answers;
  };
  struct Pattern {
    std::string_view pattern;
    std::uint32_t absence;
    bool answers;
  };
  [[nodiscard]] const Roles& roles_of(std::string_view event_type);

  [[nodiscard]] std::optional<Key> key_of(std::uint32_t absence, const Event& event,
                                          const InstanceId& instance) const;
  [[nodiscard]] bool is_answered(const Key& key, Time generated) const;
  void answer(const Key& key, Time generated);
  void wait(Waiting waiting, std::string message_id);
  void remember(const Key& key, Time generated);
  void forget_first_answer();
  void erase_first_waiting();

  std::span<const Absence> absences_;
  Limits limits_;
  std::vector<Pattern> patterns_;  // with a star in them
  std::map<std::string, Roles, std::less<>> written_out_;
  Roles matched_;  // of an event type that no absence writes out

  std::map<DueOrder, Waiting> waiting_;
  std::map<Key, std::set<DueOrder>> waiting_of_;
  std::map<Key, std::set<Time>> answers_;
  std::set<std::pair<Time, Key>> answers_by_time_;
  std::uint64_t given_up_ = 0;
};

}  // namespace vmtrail
