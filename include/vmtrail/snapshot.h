// SPDX-License-Identifier: Apache-2.0
// What of the model is kept between two runs. The store writes these; docs/store.md says how.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vmtrail/ids.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// The answer about one instance at some point of its order of facts.
struct StateSnapshot {
  std::string host;
  Confidence confidence = Confidence::unknown;
  std::string vm_state;
  std::string task_state;
  PowerState power_state = PowerState::unknown;
  bool deleted = false;
  std::string name;
  std::string project_id;
  std::optional<Time> since;     ///< beginning of the open interval
  std::string cause;             ///< of the open interval
  std::string mover_host;        ///< the host after the last operation that could move the instance
  std::optional<Time> moved_at;  ///< newest fact of a serial operation
  std::optional<Time> effective;  ///< newest fact
  std::string decided_by;         ///< message id
  std::string decided_event_type;
  std::string decided_rule;
};

/// A closed interval of the timeline.
struct IntervalSnapshot {
  std::string host;
  Time from;
  Time to;
  Confidence confidence;
  std::string cause;
};

/// A migration, with what records have told of it so far.
struct MigrationSnapshot {
  struct View {
    MigrationKind kind;
    std::string source;
    std::string destination;
    Outcome outcome;
    Time started_at;
    std::optional<Time> finished_at;
    std::optional<Time> confirmed_at;
  };
  std::string request_id;
  View view;
  std::optional<View> announced;
  /// As it is folded, where an operation that is not folded has confirmed or reverted it since.
  std::optional<View> base;
};

/// A fact that is not folded yet.
struct FactSnapshot {
  std::string message_id;
  std::string event_type;
  Time generated;
  std::string request_id;
  std::string rule;
  std::string publisher_service;
  std::string publisher_host;
  std::optional<std::string> payload_host;
  std::string state;
  std::string old_state;
  std::optional<std::string> task_state;
  std::string flavor;
  std::string name;
  std::string project_id;
  PowerState power_state = PowerState::unknown;
  Outcome judged = Outcome::in_progress;  ///< the judgement of its operation
};

/// An event that is no fact any more, or never became one, for explain().
struct TrailSnapshot {
  std::string message_id;
  std::string event_type;
  Time generated;
  std::string publisher;            ///< service.host
  std::string rule;                 ///< id
  std::string at;                   ///< file:line of the rule as it was then
  std::optional<std::string> host;  ///< the host that it named; empty: none at all
  Treatment treatment = Treatment::no_witness;
};

struct InstanceSnapshot {
  InstanceId id;
  StateSnapshot base;       ///< what is folded
  StateSnapshot answer;     ///< for people who open the store; restoring works from base and facts
  std::optional<Time> cut;  ///< newest time folded
  std::optional<Time> newest;                ///< newest fact
  std::vector<std::string> folded_requests;  ///< oldest first
  std::vector<IntervalSnapshot> intervals;   ///< closed ones, oldest first
  std::size_t base_intervals = 0;            ///< how many of them are folded
  std::vector<MigrationSnapshot> migrations;
  std::size_t base_migrations = 0;
  std::vector<FactSnapshot> facts;
  std::vector<TrailSnapshot> trail;  ///< since it was last saved, oldest first
};

/// What a service event said of its host.
struct StatusSnapshot {
  std::string message_id;
  Time generated;
  HostStatus status = HostStatus::up;
};

struct HostSnapshot {
  std::string name;
  HostStatus status = HostStatus::up;    ///< for people who open the store, as is `since`
  std::optional<Time> since;             ///< nullopt: no service event has told
  std::vector<StatusSnapshot> statuses;  ///< oldest first
};

/// Message ids that are remembered though no fact holds them, each with the stream time up to
/// which.
struct SeenSnapshot {
  std::string message_id;
  Time until;
};

/// A fact that names no instance but a request, and the stream time up to which it waits.
struct LooseFactSnapshot {
  FactSnapshot fact;
  Time until;
};

struct SkewSnapshot {
  std::string ahead;  ///< hosts of publishers
  std::string behind;
  Duration at_least;
};

/// What the absences of a rule set remember: an event that waits for an answer, or an answer.
struct AwaitedSnapshot {
  std::string absence;  ///< id
  InstanceId instance;
  std::string request_id;  ///< empty: it does not matter
  Time generated;
  std::string message_id;  ///< of what waits; empty: this is an answer
  std::string event_type;  ///< of what waits
};

struct ModelSnapshot {
  Sequence sequence{};
  std::optional<Time> newest_event;
  std::optional<Time> stream;  ///< how far time has gone on, without what a wrong clock said
  std::uint32_t ahead = 0;     ///< how many of the last events were a leap ahead of it
  std::uint32_t behind = 0;    ///< or behind it
  std::vector<HostSnapshot> hosts;
  std::vector<SeenSnapshot> seen;
  std::vector<LooseFactSnapshot> loose_facts;
  std::vector<SkewSnapshot> skews;
};

}  // namespace vmtrail
