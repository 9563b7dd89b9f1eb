// SPDX-License-Identifier: Apache-2.0
// How answers look in JSON.

#include <cstddef>
#include <span>
#include <string>

#include "model/json_pieces.h"
#include "model/json_shapes.h"
#include "model/text.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

/// Appends what `write` writes, which is at most `bound` bytes.
template <class Write>
void append(std::string& out, std::size_t bound, Write write) {
  JsonRoom room(bound);
  out.append(room.begin(), write(room.begin()));
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
  to = put_text(to, name(instance.confidence));
  to = json::put(to, "\",\"vm_state\":");
  to = json::string_or_null(to, instance.vm_state);
  to = json::put(to, ",\"task_state\":");
  to = json::string_or_null(to, instance.task_state);
  to = json::put(to, ",\"power_state\":");
  to = json::string_or_null(to, name(instance.power_state));
  to = json::put(to, ",\"deleted\":");
  to = json::put(to, instance.deleted);
  to = json::put(to, ",\"operation\":");
  to = json::put_or_null(to, instance.operation);
  to = json::put(to, ",\"updated_at\":");
  to = json::string(to, instance.updated_at);
  to = json::put(to, ",\"timeline\":");
  to = json::put(to, std::span<const Interval>(instance.timeline));
  to = json::put(to, "}");
  return to;
}

char* put(char* to, const HostAnswer& host) {
  to = json::put(to, "{\"name\":");
  to = json::string_or_null(to, host.name);
  to = json::put(to, ",\"status\":\"");
  to = put_text(to, name(host.status));
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
  to = put_text(to, name(fact.verdict));
  to = json::put(to, "\",\"reason\":");
  to = json::string_or_null(to, fact.reason);
  to = json::put(to, "}");
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

void append_json(std::string& out, std::string_view text) {
  append(out, json::bound(text), [&](char* to) { return json::string_or_null(to, text); });
}

void append_json(std::string& out, const Interval& interval) {
  append(out, json::bound(std::span(&interval, 1)),
         [&](char* to) { return json::put(to, interval); });
}

void append_json(std::string& out, std::span<const Interval> timeline) {
  append(out, json::bound(timeline), [&](char* to) { return json::put(to, timeline); });
}

void append_json(std::string& out, const Migration& migration) {
  append(out, json::bound(migration), [&](char* to) { return json::put(to, migration); });
}

void append_json(std::string& out, const OperationSummary& operation) {
  append(out, json::bound(operation), [&](char* to) { return json::put(to, operation); });
}

void append_json(std::string& out, const InstanceAnswer& instance) {
  const std::size_t most = 2 * json::kOwnWords + json::bound(instance.name) +
                           json::bound(instance.project_id) + json::bound(instance.host) +
                           json::bound(instance.vm_state) + json::bound(instance.task_state) +
                           json::bound(std::span<const Interval>(instance.timeline)) +
                           (instance.operation ? json::bound(*instance.operation) : 0);
  append(out, most, [&](char* to) { return put(to, instance); });
}

void append_json(std::string& out, const HostAnswer& host) {
  append(out, json::kOwnWords + json::bound(host.name), [&](char* to) { return put(to, host); });
}

void append_json(std::string& out, const FactAnswer& fact) {
  std::size_t most = json::kOwnWords;
  for (const std::string* const text :
       {&fact.message_id, &fact.event_type, &fact.publisher, &fact.rule, &fact.at, &fact.reason}) {
    most += json::bound(*text);
  }
  append(out, most, [&](char* to) { return put(to, fact); });
}

}  // namespace vmtrail
