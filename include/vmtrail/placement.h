// SPDX-License-Identifier: Apache-2.0
// The model's answers: where an instance is, was, how it got there, and on whose word.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/ids.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

// Text in these types points into the model and is valid until the model is next changed. Empty
// text stands for null: no name, no host, no task.

/// A stretch of time on one host. An empty host: the instance had none (offloaded).
struct Interval {
  std::string_view host;
  Time from;
  std::optional<Time> to;  ///< nullopt: until now
  Confidence confidence;
  std::string_view cause;  ///< the kind of the operation that brought it there

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// A migration, as Nova's own list of migrations has it, but made from events.
struct Migration {
  InstanceId instance;
  MigrationKind kind;
  RequestId request_id;
  std::string_view source;
  std::string_view destination;
  Outcome outcome;
  Time started_at;
  std::optional<Time> finished_at;
  std::optional<Time> confirmed_at;

  friend bool operator==(const Migration&, const Migration&) = default;
};

/// The operation that a change belongs to, or that an instance is in.
struct OperationSummary {
  std::string_view kind;  ///< a migration's kind, else the operation's
  RequestId request_id;
  Outcome outcome;
  std::string_view source;
  std::string_view destination;
  Time started_at;
  std::optional<Time> finished_at;
};

/// The fact that an instance's host rests on.
struct Decision {
  MessageId message_id;
  std::string_view event_type;
  std::string_view rule;  ///< id
  std::string at;         ///< file:line of the rule
  std::string_view why;
};

/// One instance, as the model has it now.
struct InstanceAnswer {
  InstanceId id;
  std::string_view name;
  std::string_view project_id;
  std::string_view host;
  Confidence confidence;
  std::string_view vm_state;
  std::string_view task_state;
  PowerState power_state;
  bool deleted;
  std::optional<OperationSummary> operation;  ///< the one in progress
  Time updated_at;                            ///< of the newest fact
  std::vector<Interval> timeline;             ///< oldest first
  std::optional<Decision> decided_by;
};

/// What became of a fact on the way to the answer where an instance is.
enum class FactVerdict : std::uint8_t {
  decided,           ///< the answer rests on it
  confirmed,         ///< it says the same
  not_an_authority,  ///< it does not say where the instance is, or its word does not count here
  superseded,        ///< it said something else, and another came later in the order
  duplicate,
  too_late,
};
[[nodiscard]] std::string_view name(FactVerdict verdict);

/// One fact with its verdict. Owns its text.
struct FactAnswer {
  std::string message_id;
  std::string event_type;
  Time generated;
  std::string publisher;  ///< service.host
  std::string rule;       ///< id
  std::string at;         ///< file:line of the rule
  FactVerdict verdict;
  std::string reason;  ///< what was made of it, and the rule's why
};

/// What must have come first was sent, by its publisher's clock, after what came of it: the first
/// clock is ahead of the second by no less than that.
struct ClockSkew {
  std::string_view ahead;  ///< hosts of publishers, in lower case
  std::string_view behind;
  Duration at_least;
};

/// One compute host. It exists because a fact or a service event named it.
struct HostAnswer {
  std::string_view name;
  HostStatus status;
  std::size_t instances;          ///< that are on it now
  std::optional<Time> since;      ///< when `status` began; nullopt: its service never told any
  std::optional<Time> out_since;  ///< since when it is anything but up; nullopt: it is up
};

}  // namespace vmtrail
