// SPDX-License-Identifier: Apache-2.0
// The one place that knows how records and answers look in JSON.

#include <optional>
#include <span>

#include "model/json_writer.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

void put(JsonWriter& json, const std::optional<Side>& side) {
  if (!side) return json.put("null");
  json.put("{\"");
  json.put_word(side->field);
  json.put("\":");
  json.string_or_null(side->value);
  json.put("}");
}

bool is_about_migration(RecordType type) {
  return type >= RecordType::migration_started && type <= RecordType::migration_corrected;
}

void put(JsonWriter& json, const std::optional<Cause>& cause) {
  if (!cause) return json.put("null");
  json.put("{\"message_id\":");
  json.string_or_null(cause->message_id);
  json.put(",\"event_type\":");
  json.string_or_null(cause->event_type);
  json.put(",\"rule\":");
  json.string_or_null(cause->rule);
  json.put("}");
}

void put(JsonWriter& json, const Interval& interval) {
  json.put("{\"host\":");
  json.string_or_null(interval.host);
  json.put(",\"from\":");
  json.string(interval.from);
  json.put(",\"to\":");
  json.string_or_null(interval.to);
  json.put(",\"confidence\":\"");
  json.put_word(name(interval.confidence));
  json.put("\",\"cause\":");
  json.string_or_null(interval.cause);
  json.put("}");
}

void put(JsonWriter& json, std::span<const Interval> timeline) {
  json.put("[");
  for (const Interval& interval : timeline) {
    if (&interval != &timeline.front()) json.put(",");
    put(json, interval);
  }
  json.put("]");
}

void put(JsonWriter& json, const Migration& migration) {
  json.put("{\"instance\":");
  json.string(migration.instance);
  json.put(",\"kind\":\"");
  json.put_word(name(migration.kind));
  json.put("\",\"request_id\":");
  json.string_or_null(migration.request_id);
  json.put(",\"source\":");
  json.string_or_null(migration.source);
  json.put(",\"destination\":");
  json.string_or_null(migration.destination);
  json.put(",\"outcome\":\"");
  json.put_word(name(migration.outcome));
  json.put("\",\"started_at\":");
  json.string(migration.started_at);
  json.put(",\"finished_at\":");
  json.string_or_null(migration.finished_at);
  json.put(",\"confirmed_at\":");
  json.string_or_null(migration.confirmed_at);
  json.put("}");
}

void put(JsonWriter& json, const OperationSummary& operation) {
  json.put("{\"kind\":");
  json.string_or_null(operation.kind);
  json.put(",\"request_id\":");
  json.string_or_null(operation.request_id);
  json.put(",\"outcome\":\"");
  json.put_word(name(operation.outcome));
  json.put("\",\"source\":");
  json.string_or_null(operation.source);
  json.put(",\"destination\":");
  json.string_or_null(operation.destination);
  json.put(",\"started_at\":");
  json.string(operation.started_at);
  json.put(",\"finished_at\":");
  json.string_or_null(operation.finished_at);
  json.put("}");
}

template <class Value>
void put_or_null(JsonWriter& json, const std::optional<Value>& value) {
  value ? put(json, *value) : json.put("null");
}

void put_change(JsonWriter& json, const ChangeRecord& record) {
  json.put(",\"from\":");
  put(json, record.from);
  json.put(",\"to\":");
  put(json, record.to);
  if (!record.instance) return;
  json.put(",\"confidence\":\"");
  json.put_word(name(record.confidence));
  json.put("\",\"late\":");
  json.put(record.late);
  json.put(",\"operation\":");
  put_or_null(json, record.operation);
  if (is_about_migration(record.type)) {
    json.put(",\"migration\":");
    put_or_null(json, record.migration);
  }
  if (record.type == RecordType::history_corrected) {
    json.put(",\"timeline\":");
    put(json, record.timeline);
  }
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
  }
  return "";
}

void append_json(std::string& out, std::string_view text) {
  JsonWriter(out).string_or_null(text);
}

void append_json(std::string& out, const Interval& interval) {
  JsonWriter json(out);
  put(json, interval);
}

void append_json(std::string& out, std::span<const Interval> timeline) {
  JsonWriter json(out);
  put(json, timeline);
}

void append_json(std::string& out, const Migration& migration) {
  JsonWriter json(out);
  put(json, migration);
}

void append_json(std::string& out, const OperationSummary& operation) {
  JsonWriter json(out);
  put(json, operation);
}

void append_json(std::string& out, const InstanceAnswer& instance) {
  JsonWriter json(out);
  json.put("{\"id\":");
  json.string(instance.id);
  json.put(",\"name\":");
  json.string_or_null(instance.name);
  json.put(",\"project_id\":");
  json.string_or_null(instance.project_id);
  json.put(",\"host\":");
  json.string_or_null(instance.host);
  json.put(",\"confidence\":\"");
  json.put_word(name(instance.confidence));
  json.put("\",\"vm_state\":");
  json.string_or_null(instance.vm_state);
  json.put(",\"task_state\":");
  json.string_or_null(instance.task_state);
  json.put(",\"power_state\":");
  json.string_or_null(name(instance.power_state));
  json.put(",\"deleted\":");
  json.put(instance.deleted);
  json.put(",\"operation\":");
  put_or_null(json, instance.operation);
  json.put(",\"updated_at\":");
  json.string(instance.updated_at);
  json.put(",\"timeline\":");
  put(json, std::span<const Interval>(instance.timeline));
  json.put("}");
}

void append_json(std::string& out, const HostAnswer& host) {
  JsonWriter json(out);
  json.put("{\"name\":");
  json.string_or_null(host.name);
  json.put(",\"status\":\"");
  json.put_word(name(host.status));
  json.put("\",\"instances\":");
  json.put(static_cast<std::uint64_t>(host.instances));
  json.put("}");
}

void append_json(std::string& out, const FactAnswer& fact) {
  JsonWriter json(out);
  json.put("{\"message_id\":");
  json.string_or_null(fact.message_id);
  json.put(",\"event_type\":");
  json.string_or_null(fact.event_type);
  json.put(",\"generated\":");
  json.string(fact.generated);
  json.put(",\"publisher\":");
  json.string_or_null(fact.publisher);
  json.put(",\"rule\":");
  json.string_or_null(fact.rule);
  json.put(",\"at\":");
  json.string_or_null(fact.at);
  json.put(",\"verdict\":\"");
  json.put_word(name(fact.verdict));
  json.put("\",\"reason\":");
  json.string_or_null(fact.reason);
  json.put("}");
}

void append_cloudevent(std::string& out, const ChangeRecord& record, std::string_view source) {
  const auto sequence = static_cast<std::uint64_t>(record.sequence);
  JsonWriter json(out);
  json.put("{\"specversion\":\"1.0\",\"id\":\"");
  json.put(sequence);
  json.put("\",\"source\":");
  json.string_or_null(source);
  json.put(",\"type\":\"vmtrail.");
  json.put_word(name(record.type));
  json.put("\",\"subject\":");
  json.string_or_null(record.subject);
  json.put(",\"time\":");
  json.string(record.time);
  json.put(",\"sequence\":\"");
  json.put(sequence);
  json.put("\",\"datacontenttype\":\"application/json\",\"data\":{");
  if (record.instance) {
    json.put("\"instance\":{\"id\":");
    json.string_or_null(record.subject);
    json.put(",\"name\":");
    json.string_or_null(record.instance->name);
    json.put(",\"project_id\":");
    json.string_or_null(record.instance->project_id);
    json.put("}");
  } else {
    json.put("\"host\":");
    json.string_or_null(record.subject);
  }
  if (record.type != RecordType::event_too_late && record.type != RecordType::event_missing) {
    put_change(json, record);
  }
  json.put(",\"cause\":");
  put(json, record.cause);
  json.put(",\"severity\":\"");
  json.put_word(name(record.severity));
  json.put("\",\"summary\":");
  json.string_or_null(record.summary);
  json.put("}}");
}

}  // namespace vmtrail
