// SPDX-License-Identifier: Apache-2.0
// Change records: what vmtrail emits when the model's answer changes.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vmtrail/ids.h"
#include "vmtrail/placement.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

enum class RecordType : std::uint8_t {
  instance_created,
  instance_deleted,
  instance_placed,  ///< its first known host, or one after it had none
  instance_moved,
  instance_unplaced,
  instance_state_changed,
  instance_task_changed,
  instance_power_changed,
  instance_confidence_changed,
  migration_started,
  migration_completed,
  migration_confirmed,
  migration_reverted,
  migration_failed,
  migration_aborted,
  migration_stuck,
  migration_uncertain,
  migration_corrected,  ///< an end, an outcome or a time became known or turned out to be another
  host_state_changed,
  history_corrected,  ///< a late event changed only the past
  event_too_late,     ///< beyond the horizon: it changed nothing
  event_missing,      ///< an event that a site's rule expects has not come (absence.h)
  placement_drift,    ///< Nova's own list says something else; what it changes follows
};
inline constexpr auto kRecordTypes = static_cast<std::size_t>(RecordType::placement_drift) + 1;

/// "instance.moved", without the prefix "vmtrail." of the CloudEvents type.
[[nodiscard]] std::string_view name(RecordType type);
/// A pattern of such names, in which `*` stands for any characters, as people write it: that prefix
/// may be copied from a record, and is taken away. nullopt: no type matches.
[[nodiscard]] std::optional<std::string_view> record_pattern(std::string_view written);

/// The event that made the model change.
struct Cause {
  std::string_view message_id;
  std::string_view event_type;
  std::string_view rule;
  std::string_view state;  ///< what it said itself; not part of a CloudEvents record
  std::string_view old_state;
  std::string_view task_state;
};

/// One side of a change: which answer, and its value. Empty text is null.
struct Side {
  std::string_view field;  ///< host, vm_state, task_state, power_state, confidence, status
  std::string_view value;
};

/// One change. Records folded in sequence give exactly the model. All text is valid during the call
/// of the consumer only.
struct ChangeRecord {
  Sequence sequence{};
  /// That of the first record of the same event about the same subject. Records of one occasion
  /// have time, subject, instance, confidence, lateness, operation and cause in common, which need
  /// to be written only once (cloudevents.h). 0: it shares nothing that is known to be the same, as
  /// a copy does in which one of these was changed.
  Sequence occasion{};
  RecordType type{};
  Time time;                 ///< of the event; of the judgement for stuck and uncertain
  std::string_view subject;  ///< the instance's id or the host's name
  struct Instance {
    std::string_view name;
    std::string_view project_id;
  };
  std::optional<Instance> instance;  ///< nullopt: the record is about a host
  std::optional<Side> from;
  std::optional<Side> to;
  Confidence confidence = Confidence::unknown;
  bool late = false;  ///< the event was not the newest of its instance
  std::optional<OperationSummary> operation;
  std::optional<Cause> cause;          ///< nullopt: time passed
  std::optional<Migration> migration;  ///< of migration records; nullopt in one: it never was
  std::span<const Interval> timeline;  ///< of history.corrected
  std::span<const InstanceId> hit;     ///< of host.state_changed to down: who is on it, by id
  Severity severity = Severity::info;
  std::string_view summary;    ///< one line for people
  bool site_severity = false;  ///< a site's rule has chosen it; likewise the summary
  bool site_summary = false;
};

/// An event that did not come.
struct MissingEvent {
  InstanceId instance;
  Time time;    ///< when it was due at last
  Cause cause;  ///< the event that it was to follow; as rule the absence's id
  Severity severity = Severity::warning;
  std::string_view summary;
};

/// A difference between the model and Nova's own list. Borrows its text.
struct PlacementDrift {
  InstanceId instance;
  Time time;                    ///< of the list
  Side from;                    ///< ours
  Side to;                      ///< theirs
  std::string_view message_id;  ///< of the event by which it is applied
  std::string_view event_type;
  std::string_view summary;
};

/// Takes change records in their sequence.
class RecordConsumer {
 public:
  virtual ~RecordConsumer() = default;
  virtual void on_record(const ChangeRecord& record) = 0;
};

/// Appends the record as one CloudEvents 1.0 event in structured mode, without a line end. `source`
/// names this vmtrail among others ("vmtrail/default"). Of many records cloudevents.h makes less
/// work.
void append_cloudevent(std::string& out, const ChangeRecord& record, std::string_view source);

/// Appends the record as a Zenoss event, one JSON object without a line end: device, component
/// (`server-<uuid>`, as the OpenStack ZenPack names instances, or `host-<name>`), eventClassKey
/// (`openstack-<event type of the cause>`, or the record's type if there is no cause), eventKey,
/// severity (0 to 5) and summary. Where the ZenPack has a summary for the change of a state, that
/// is given, and the eventKey is the message id, as the ZenPack's. Zenoss counts events of one
/// component, key and severity as one, so what the ZenPack had no words for adds its record type to
/// the key. Without a cause the key is the sequence.
void append_zenoss(std::string& out, const ChangeRecord& record, std::string_view device);

// The shapes that records, the placement and the answers of queries share.
void append_json(std::string& out, std::string_view text);  ///< as a JSON string; empty is null
void append_json(std::string& out, const Interval& interval);
void append_json(std::string& out, std::span<const Interval> timeline);
void append_json(std::string& out, const Migration& migration);
void append_json(std::string& out, const OperationSummary& operation);
void append_json(std::string& out, const InstanceAnswer& instance);
void append_json(std::string& out, const HostAnswer& host);
void append_json(std::string& out, const FactAnswer& fact);

}  // namespace vmtrail
