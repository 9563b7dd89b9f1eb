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

/// One compute host. It exists because a fact or a service event named it.
struct HostAnswer {
  std::string_view name;
  HostStatus status;
  std::size_t instances;  ///< that are on it now
};

}  // namespace vmtrail
