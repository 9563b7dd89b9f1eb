// SPDX-License-Identifier: Apache-2.0
// The one place that knows how records and answers look in JSON.

#include <algorithm>
#include <charconv>
#include <string>

#include "vmtrail/record.h"

namespace vmtrail {

namespace {

void append_number(std::string& out, std::uint64_t number) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out.append(buffer, end);
}

void append_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(text, copied, text.size() - copied);
  out += '"';
}

void append_time_string(std::string& out, Time time) {
  out += '"';
  append_time(out, time);
  out += '"';
}

void append_optional_time(std::string& out, const std::optional<Time>& time) {
  if (time) {
    append_time_string(out, *time);
  } else {
    out += "null";
  }
}

// Ids are hexadecimal digits and dashes, but for message and request ids from odd senders.
template <class Id>
void append_id(std::string& out, const Id& id) {
  if constexpr (requires { id.empty(); }) {
    if (id.empty()) {
      out += "null";
      return;
    }
  }
  const std::size_t begin = out.size();
  out += '"';
  id.append_to(out);
  const auto odd = [](char c) { return c < '-' || c == '\\' || c == 0x7f; };
  if (std::any_of(out.begin() + static_cast<std::ptrdiff_t>(begin) + 1, out.end(), odd)) {
    const std::string text = out.substr(begin + 1);
    out.resize(begin);
    append_string(out, text);
  } else {
    out += '"';
  }
}

void append_side(std::string& out, const std::optional<Side>& side) {
  if (!side) {
    out += "null";
    return;
  }
  out += "{\"";
  out += side->field;
  out += "\":";
  append_json(out, side->value);
  out += '}';
}

bool is_about_migration(RecordType type) {
  return name(type).substr(0, 10) == "migration.";
}

void append_cause(std::string& out, const std::optional<Cause>& cause) {
  if (!cause) {
    out += "null";
    return;
  }
  out += "{\"message_id\":";
  append_json(out, cause->message_id);
  out += ",\"event_type\":";
  append_json(out, cause->event_type);
  out += ",\"rule\":";
  append_json(out, cause->rule);
  out += '}';
}

void append_change(std::string& out, const ChangeRecord& record) {
  out += ",\"from\":";
  append_side(out, record.from);
  out += ",\"to\":";
  append_side(out, record.to);
  if (!record.instance) return;
  out += ",\"confidence\":\"";
  out += name(record.confidence);
  out += record.late ? "\",\"late\":true" : "\",\"late\":false";
  out += ",\"operation\":";
  if (record.operation) {
    append_json(out, *record.operation);
  } else {
    out += "null";
  }
  if (is_about_migration(record.type)) {
    out += ",\"migration\":";
    if (record.migration) {
      append_json(out, *record.migration);
    } else {
      out += "null";
    }
  }
  if (record.type == RecordType::history_corrected) {
    out += ",\"timeline\":";
    append_json(out, record.timeline);
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
  if (text.empty()) {
    out += "null";
  } else {
    append_string(out, text);
  }
}

void append_json(std::string& out, const Interval& interval) {
  out += "{\"host\":";
  append_json(out, interval.host);
  out += ",\"from\":";
  append_time_string(out, interval.from);
  out += ",\"to\":";
  append_optional_time(out, interval.to);
  out += ",\"confidence\":\"";
  out += name(interval.confidence);
  out += "\",\"cause\":";
  append_json(out, interval.cause);
  out += '}';
}

void append_json(std::string& out, std::span<const Interval> timeline) {
  out += '[';
  for (const Interval& interval : timeline) {
    if (&interval != &timeline.front()) out += ',';
    append_json(out, interval);
  }
  out += ']';
}

void append_json(std::string& out, const Migration& migration) {
  out += "{\"instance\":";
  append_id(out, migration.instance);
  out += ",\"kind\":\"";
  out += name(migration.kind);
  out += "\",\"request_id\":";
  append_id(out, migration.request_id);
  out += ",\"source\":";
  append_json(out, migration.source);
  out += ",\"destination\":";
  append_json(out, migration.destination);
  out += ",\"outcome\":\"";
  out += name(migration.outcome);
  out += "\",\"started_at\":";
  append_time_string(out, migration.started_at);
  out += ",\"finished_at\":";
  append_optional_time(out, migration.finished_at);
  out += ",\"confirmed_at\":";
  append_optional_time(out, migration.confirmed_at);
  out += '}';
}

void append_json(std::string& out, const OperationSummary& operation) {
  out += "{\"kind\":";
  append_json(out, operation.kind);
  out += ",\"request_id\":";
  append_id(out, operation.request_id);
  out += ",\"outcome\":\"";
  out += name(operation.outcome);
  out += "\",\"source\":";
  append_json(out, operation.source);
  out += ",\"destination\":";
  append_json(out, operation.destination);
  out += ",\"started_at\":";
  append_time_string(out, operation.started_at);
  out += ",\"finished_at\":";
  append_optional_time(out, operation.finished_at);
  out += '}';
}

void append_json(std::string& out, const InstanceAnswer& instance) {
  out += "{\"id\":";
  append_id(out, instance.id);
  out += ",\"name\":";
  append_json(out, instance.name);
  out += ",\"project_id\":";
  append_json(out, instance.project_id);
  out += ",\"host\":";
  append_json(out, instance.host);
  out += ",\"confidence\":\"";
  out += name(instance.confidence);
  out += "\",\"vm_state\":";
  append_json(out, instance.vm_state);
  out += ",\"task_state\":";
  append_json(out, instance.task_state);
  out += ",\"power_state\":";
  append_json(out, name(instance.power_state));
  out += instance.deleted ? ",\"deleted\":true" : ",\"deleted\":false";
  out += ",\"operation\":";
  if (instance.operation) {
    append_json(out, *instance.operation);
  } else {
    out += "null";
  }
  out += ",\"updated_at\":";
  append_time_string(out, instance.updated_at);
  out += ",\"timeline\":";
  append_json(out, std::span<const Interval>(instance.timeline));
  out += '}';
}

void append_json(std::string& out, const HostAnswer& host) {
  out += "{\"name\":";
  append_json(out, host.name);
  out += ",\"status\":\"";
  out += name(host.status);
  out += "\",\"instances\":";
  append_number(out, host.instances);
  out += '}';
}

void append_json(std::string& out, const FactAnswer& fact) {
  out += "{\"message_id\":";
  append_json(out, fact.message_id);
  out += ",\"event_type\":";
  append_json(out, fact.event_type);
  out += ",\"generated\":\"";
  append_time(out, fact.generated);
  out += "\",\"publisher\":";
  append_json(out, fact.publisher);
  out += ",\"rule\":";
  append_json(out, fact.rule);
  out += ",\"at\":";
  append_json(out, fact.at);
  out += ",\"verdict\":\"";
  out += name(fact.verdict);
  out += "\",\"reason\":";
  append_json(out, fact.reason);
  out += '}';
}

void append_cloudevent(std::string& out, const ChangeRecord& record, std::string_view source) {
  const auto sequence = static_cast<std::uint64_t>(record.sequence);
  out += "{\"specversion\":\"1.0\",\"id\":\"";
  append_number(out, sequence);
  out += "\",\"source\":";
  append_json(out, source);
  out += ",\"type\":\"vmtrail.";
  out += name(record.type);
  out += "\",\"subject\":";
  append_json(out, record.subject);
  out += ",\"time\":";
  append_time_string(out, record.time);
  out += ",\"sequence\":\"";
  append_number(out, sequence);
  out += "\",\"datacontenttype\":\"application/json\",\"data\":{";
  if (record.instance) {
    out += "\"instance\":{\"id\":";
    append_json(out, record.subject);
    out += ",\"name\":";
    append_json(out, record.instance->name);
    out += ",\"project_id\":";
    append_json(out, record.instance->project_id);
    out += '}';
  } else {
    out += "\"host\":";
    append_json(out, record.subject);
  }
  if (record.type != RecordType::event_too_late && record.type != RecordType::event_missing) {
    append_change(out, record);
  }
  out += ",\"cause\":";
  append_cause(out, record.cause);
  out += ",\"severity\":\"";
  out += name(record.severity);
  out += "\",\"summary\":";
  append_json(out, record.summary);
  out += "}}";
}

}  // namespace vmtrail
