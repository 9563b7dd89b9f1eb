// SPDX-License-Identifier: Apache-2.0
// The one place that knows how records and answers look in JSON.

#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <string>

#include "model/json_pieces.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

// What the shapes below come to at most: our own words, and the texts in them.
constexpr std::size_t kOwnWords = 400;

std::size_t bound(const Interval& interval) {
  return kOwnWords + json::bound(interval.host);
}

std::size_t bound(std::span<const Interval> timeline) {
  return std::accumulate(timeline.begin(), timeline.end(), kOwnWords,
                         [](std::size_t sum, const Interval& one) { return sum + bound(one); });
}

std::size_t bound(const Migration& migration) {
  return kOwnWords + json::bound(migration.request_id) + json::bound(migration.source) +
         json::bound(migration.destination);
}

std::size_t bound(const OperationSummary& operation) {
  return kOwnWords + json::bound(operation.request_id) + json::bound(operation.source) +
         json::bound(operation.destination);
}

std::size_t bound(const ChangeRecord& record) {
  std::size_t sum = 3 * kOwnWords + 2 * json::bound(record.subject) + json::bound(record.summary);
  if (record.instance) {
    sum += json::bound(record.instance->name) + json::bound(record.instance->project_id);
  }
  if (record.from) sum += json::bound(record.from->value);
  if (record.to) sum += json::bound(record.to->value);
  if (record.operation) sum += bound(*record.operation);
  if (record.migration) sum += bound(*record.migration);
  if (record.cause) {
    sum += json::bound(record.cause->message_id) + json::bound(record.cause->event_type) +
           json::bound(record.cause->rule);
  }
  sum += (kUuidSize + 3) * record.hit.size();
  return record.timeline.empty() ? sum : sum + bound(record.timeline);
}

/// Appends what `write` writes, which is at most `bound` bytes.
template <class Write>
void append(std::string& out, std::size_t bound, Write write) {
  JsonRoom room(bound);
  out.append(room.begin(), write(room.begin()));
}

char* put(char* to, const std::optional<Side>& side) {
  if (!side) return json::put(to, "null");
  to = json::put(to, "{\"");
  to = json::put_word(to, side->field);
  to = json::put(to, "\":");
  to = json::string_or_null(to, side->value);
  to = json::put(to, "}");
  return to;
}

bool is_about_migration(RecordType type) {
  return type >= RecordType::migration_started && type <= RecordType::migration_corrected;
}

char* put(char* to, const std::optional<Cause>& cause) {
  if (!cause) return json::put(to, "null");
  to = json::put(to, "{\"message_id\":");
  to = json::string_or_null(to, cause->message_id);
  to = json::put(to, ",\"event_type\":");
  to = json::string_or_null(to, cause->event_type);
  to = json::put(to, ",\"rule\":");
  to = json::string_or_null(to, cause->rule);
  to = json::put(to, "}");
  return to;
}

char* put(char* to, const Interval& interval) {
  to = json::put(to, "{\"host\":");
  to = json::string_or_null(to, interval.host);
  to = json::put(to, ",\"from\":");
  to = json::string(to, interval.from);
  to = json::put(to, ",\"to\":");
  to = json::string_or_null(to, interval.to);
  to = json::put(to, ",\"confidence\":\"");
  to = json::put_word(to, name(interval.confidence));
  to = json::put(to, "\",\"cause\":");
  to = json::string_or_null(to, interval.cause);
  to = json::put(to, "}");
  return to;
}

char* put(char* to, std::span<const Interval> timeline) {
  to = json::put(to, "[");
  for (const Interval& interval : timeline) {
    if (&interval != &timeline.front()) to = json::put(to, ",");
    to = put(to, interval);
  }
  to = json::put(to, "]");
  return to;
}

char* put(char* to, const Migration& migration) {
  to = json::put(to, "{\"instance\":");
  to = json::string(to, migration.instance);
  to = json::put(to, ",\"kind\":\"");
  to = json::put_word(to, name(migration.kind));
  to = json::put(to, "\",\"request_id\":");
  to = json::string_or_null(to, migration.request_id);
  to = json::put(to, ",\"source\":");
  to = json::string_or_null(to, migration.source);
  to = json::put(to, ",\"destination\":");
  to = json::string_or_null(to, migration.destination);
  to = json::put(to, ",\"outcome\":\"");
  to = json::put_word(to, name(migration.outcome));
  to = json::put(to, "\",\"started_at\":");
  to = json::string(to, migration.started_at);
  to = json::put(to, ",\"finished_at\":");
  to = json::string_or_null(to, migration.finished_at);
  to = json::put(to, ",\"confirmed_at\":");
  to = json::string_or_null(to, migration.confirmed_at);
  to = json::put(to, "}");
  return to;
}

char* put(char* to, const OperationSummary& operation) {
  to = json::put(to, "{\"kind\":");
  to = json::string_or_null(to, operation.kind);
  to = json::put(to, ",\"request_id\":");
  to = json::string_or_null(to, operation.request_id);
  to = json::put(to, ",\"outcome\":\"");
  to = json::put_word(to, name(operation.outcome));
  to = json::put(to, "\",\"source\":");
  to = json::string_or_null(to, operation.source);
  to = json::put(to, ",\"destination\":");
  to = json::string_or_null(to, operation.destination);
  to = json::put(to, ",\"started_at\":");
  to = json::string(to, operation.started_at);
  to = json::put(to, ",\"finished_at\":");
  to = json::string_or_null(to, operation.finished_at);
  to = json::put(to, "}");
  return to;
}

template <class Value>
char* put_or_null(char* to, const std::optional<Value>& value) {
  return value ? put(to, *value) : json::put(to, "null");
}

char* put_hit(char* to, std::span<const InstanceId> hit) {
  to = json::put(to, ",\"instances\":{\"count\":");
  to = json::put(to, static_cast<std::uint64_t>(hit.size()));
  to = json::put(to, ",\"ids\":[");
  for (const InstanceId& id : hit) {
    if (&id != &hit.front()) to = json::put(to, ",");
    to = json::string(to, id);
  }
  return json::put(to, "]}");
}

char* put_change(char* to, const ChangeRecord& record) {
  to = json::put(to, ",\"from\":");
  to = put(to, record.from);
  to = json::put(to, ",\"to\":");
  to = put(to, record.to);
  if (record.type == RecordType::host_state_changed && record.to &&
      record.to->value == name(HostStatus::down)) {
    to = put_hit(to, record.hit);
  }
  if (!record.instance) return to;
  to = json::put(to, ",\"confidence\":\"");
  to = json::put_word(to, name(record.confidence));
  to = json::put(to, "\",\"late\":");
  to = json::put(to, record.late);
  to = json::put(to, ",\"operation\":");
  to = put_or_null(to, record.operation);
  if (is_about_migration(record.type)) {
    to = json::put(to, ",\"migration\":");
    to = put_or_null(to, record.migration);
  }
  if (record.type == RecordType::history_corrected) {
    to = json::put(to, ",\"timeline\":");
    to = put(to, record.timeline);
  }
  return to;
}

char* put(char* to, const InstanceAnswer& instance) {
  to = json::put(to, "{\"id\":");
  to = json::string(to, instance.id);
  to = json::put(to, ",\"name\":");
  to = json::string_or_null(to, instance.name);
  to = json::put(to, ",\"project_id\":");
  to = json::string_or_null(to, instance.project_id);
  to = json::put(to, ",\"host\":");
  to = json::string_or_null(to, instance.host);
  to = json::put(to, ",\"confidence\":\"");
  to = json::put_word(to, name(instance.confidence));
  to = json::put(to, "\",\"vm_state\":");
  to = json::string_or_null(to, instance.vm_state);
  to = json::put(to, ",\"task_state\":");
  to = json::string_or_null(to, instance.task_state);
  to = json::put(to, ",\"power_state\":");
  to = json::string_or_null(to, name(instance.power_state));
  to = json::put(to, ",\"deleted\":");
  to = json::put(to, instance.deleted);
  to = json::put(to, ",\"operation\":");
  to = put_or_null(to, instance.operation);
  to = json::put(to, ",\"updated_at\":");
  to = json::string(to, instance.updated_at);
  to = json::put(to, ",\"timeline\":");
  to = put(to, std::span<const Interval>(instance.timeline));
  to = json::put(to, "}");
  return to;
}

char* put(char* to, const HostAnswer& host) {
  to = json::put(to, "{\"name\":");
  to = json::string_or_null(to, host.name);
  to = json::put(to, ",\"status\":\"");
  to = json::put_word(to, name(host.status));
  to = json::put(to, "\",\"instances\":");
  to = json::put(to, static_cast<std::uint64_t>(host.instances));
  to = json::put(to, "}");
  return to;
}

char* put(char* to, const FactAnswer& fact) {
  to = json::put(to, "{\"message_id\":");
  to = json::string_or_null(to, fact.message_id);
  to = json::put(to, ",\"event_type\":");
  to = json::string_or_null(to, fact.event_type);
  to = json::put(to, ",\"generated\":");
  to = json::string(to, fact.generated);
  to = json::put(to, ",\"publisher\":");
  to = json::string_or_null(to, fact.publisher);
  to = json::put(to, ",\"rule\":");
  to = json::string_or_null(to, fact.rule);
  to = json::put(to, ",\"at\":");
  to = json::string_or_null(to, fact.at);
  to = json::put(to, ",\"verdict\":\"");
  to = json::put_word(to, name(fact.verdict));
  to = json::put(to, "\",\"reason\":");
  to = json::string_or_null(to, fact.reason);
  to = json::put(to, "}");
  return to;
}

char* put(char* to, const ChangeRecord& record, std::string_view source) {
  const auto sequence = static_cast<std::uint64_t>(record.sequence);
  to = json::put(to, "{\"specversion\":\"1.0\",\"id\":\"");
  to = json::put(to, sequence);
  to = json::put(to, "\",\"source\":");
  to = json::string_or_null(to, source);
  to = json::put(to, ",\"type\":\"vmtrail.");
  to = json::put_word(to, name(record.type));
  to = json::put(to, "\",\"subject\":");
  to = json::string_or_null(to, record.subject);
  to = json::put(to, ",\"time\":");
  to = json::string(to, record.time);
  to = json::put(to, ",\"sequence\":\"");
  to = json::put(to, sequence);
  to = json::put(to, "\",\"datacontenttype\":\"application/json\",\"data\":{");
  if (record.instance) {
    to = json::put(to, "\"instance\":{\"id\":");
    to = json::string_or_null(to, record.subject);
    to = json::put(to, ",\"name\":");
    to = json::string_or_null(to, record.instance->name);
    to = json::put(to, ",\"project_id\":");
    to = json::string_or_null(to, record.instance->project_id);
    to = json::put(to, "}");
  } else {
    to = json::put(to, "\"host\":");
    to = json::string_or_null(to, record.subject);
  }
  if (record.type != RecordType::event_too_late && record.type != RecordType::event_missing) {
    to = put_change(to, record);
  }
  to = json::put(to, ",\"cause\":");
  to = put(to, record.cause);
  to = json::put(to, ",\"severity\":\"");
  to = json::put_word(to, name(record.severity));
  to = json::put(to, "\",\"summary\":");
  to = json::string_or_null(to, record.summary);
  to = json::put(to, "}}");
  return to;
}

}  // namespace

std::string_view name(FactVerdict verdict) {
  switch (verdict) {
    case FactVerdict::decided:
      return "decided";
    case FactVerdict::confirmed:
      return "confirmed";
    case FactVerdict::not_an_authority:
      return "not_an_authority";
    case FactVerdict::superseded:
      return "superseded";
    case FactVerdict::duplicate:
      return "duplicate";
    case FactVerdict::too_late:
      return "too_late";
  }
  return "";
}

std::string_view name(RecordType type) {
  switch (type) {
    case RecordType::instance_created:
      return "instance.created";
    case RecordType::instance_deleted:
      return "instance.deleted";
    case RecordType::instance_placed:
      return "instance.placed";
    case RecordType::instance_moved:
      return "instance.moved";
    case RecordType::instance_unplaced:
      return "instance.unplaced";
    case RecordType::instance_state_changed:
      return "instance.state_changed";
    case RecordType::instance_task_changed:
      return "instance.task_changed";
    case RecordType::instance_power_changed:
      return "instance.power_changed";
    case RecordType::instance_confidence_changed:
      return "instance.confidence_changed";
    case RecordType::migration_started:
      return "migration.started";
    case RecordType::migration_completed:
      return "migration.completed";
    case RecordType::migration_confirmed:
      return "migration.confirmed";
    case RecordType::migration_reverted:
      return "migration.reverted";
    case RecordType::migration_failed:
      return "migration.failed";
    case RecordType::migration_aborted:
      return "migration.aborted";
    case RecordType::migration_stuck:
      return "migration.stuck";
    case RecordType::migration_uncertain:
      return "migration.uncertain";
    case RecordType::migration_corrected:
      return "migration.corrected";
    case RecordType::host_state_changed:
      return "host.state_changed";
    case RecordType::history_corrected:
      return "history.corrected";
    case RecordType::event_too_late:
      return "event.too_late";
    case RecordType::event_missing:
      return "event.missing";
    case RecordType::placement_drift:
      return "placement.drift";
  }
  return "";
}

void append_json(std::string& out, std::string_view text) {
  append(out, json::bound(text), [&](char* to) { return json::string_or_null(to, text); });
}

void append_json(std::string& out, const Interval& interval) {
  append(out, bound(interval), [&](char* to) { return put(to, interval); });
}

void append_json(std::string& out, std::span<const Interval> timeline) {
  append(out, bound(timeline), [&](char* to) { return put(to, timeline); });
}

void append_json(std::string& out, const Migration& migration) {
  append(out, bound(migration), [&](char* to) { return put(to, migration); });
}

void append_json(std::string& out, const OperationSummary& operation) {
  append(out, bound(operation), [&](char* to) { return put(to, operation); });
}

void append_json(std::string& out, const InstanceAnswer& instance) {
  const std::size_t most = 2 * kOwnWords + json::bound(instance.name) +
                           json::bound(instance.project_id) + json::bound(instance.host) +
                           json::bound(instance.vm_state) + json::bound(instance.task_state) +
                           bound(std::span<const Interval>(instance.timeline)) +
                           (instance.operation ? bound(*instance.operation) : 0);
  append(out, most, [&](char* to) { return put(to, instance); });
}

void append_json(std::string& out, const HostAnswer& host) {
  append(out, kOwnWords + json::bound(host.name), [&](char* to) { return put(to, host); });
}

void append_json(std::string& out, const FactAnswer& fact) {
  std::size_t most = kOwnWords;
  for (const std::string* const text :
       {&fact.message_id, &fact.event_type, &fact.publisher, &fact.rule, &fact.at, &fact.reason}) {
    most += json::bound(*text);
  }
  append(out, most, [&](char* to) { return put(to, fact); });
}

void append_cloudevent(std::string& out, const ChangeRecord& record, std::string_view source) {
  append(out, bound(record) + json::bound(source),
         [&](char* to) { return put(to, record, source); });
}

}  // namespace vmtrail
