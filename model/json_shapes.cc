// SPDX-License-Identifier: Apache-2.0

#include "model/json_shapes.h"

#include <numeric>

#include "model/text.h"

namespace vmtrail::json {

std::size_t bound(std::span<const Interval> timeline) {
  return std::accumulate(
      timeline.begin(), timeline.end(), kOwnWords,
      [](std::size_t sum, const Interval& one) { return sum + kOwnWords + bound(one.host); });
}

std::size_t bound(const Migration& migration) {
  return kOwnWords + bound(migration.request_id) + bound(migration.source) +
         bound(migration.destination);
}

std::size_t bound(const OperationSummary& operation) {
  return kOwnWords + bound(operation.request_id) + bound(operation.source) +
         bound(operation.destination);
}

char* put(char* to, const Interval& interval) {
  to = put(to, "{\"host\":");
  to = string_or_null(to, interval.host);
  to = put(to, ",\"from\":");
  to = string(to, interval.from);
  to = put(to, ",\"to\":");
  to = string_or_null(to, interval.to);
  to = put(to, ",\"confidence\":\"");
  to = put_text(to, name(interval.confidence));
  to = put(to, "\",\"cause\":");
  to = string_or_null(to, interval.cause);
  to = put(to, "}");
  return to;
}

char* put(char* to, std::span<const Interval> timeline) {
  to = put(to, "[");
  for (const Interval& interval : timeline) {
    if (&interval != &timeline.front()) to = put(to, ",");
    to = put(to, interval);
  }
  to = put(to, "]");
  return to;
}

char* put(char* to, const Migration& migration) {
  to = put(to, "{\"instance\":");
  to = string(to, migration.instance);
  to = put(to, ",\"kind\":\"");
  to = put_text(to, name(migration.kind));
  to = put(to, "\",\"request_id\":");
  to = string_or_null(to, migration.request_id);
  to = put(to, ",\"source\":");
  to = string_or_null(to, migration.source);
  to = put(to, ",\"destination\":");
  to = string_or_null(to, migration.destination);
  to = put(to, ",\"outcome\":\"");
  to = put_text(to, name(migration.outcome));
  to = put(to, "\",\"started_at\":");
  to = string(to, migration.started_at);
  to = put(to, ",\"finished_at\":");
  to = string_or_null(to, migration.finished_at);
  to = put(to, ",\"confirmed_at\":");
  to = string_or_null(to, migration.confirmed_at);
  to = put(to, "}");
  return to;
}

char* put(char* to, const OperationSummary& operation) {
  to = put(to, "{\"kind\":");
  to = string_or_null(to, operation.kind);
  to = put(to, ",\"request_id\":");
  to = string_or_null(to, operation.request_id);
  to = put(to, ",\"outcome\":\"");
  to = put_text(to, name(operation.outcome));
  to = put(to, "\",\"source\":");
  to = string_or_null(to, operation.source);
  to = put(to, ",\"destination\":");
  to = string_or_null(to, operation.destination);
  to = put(to, ",\"started_at\":");
  to = string(to, operation.started_at);
  to = put(to, ",\"finished_at\":");
  to = string_or_null(to, operation.finished_at);
  to = put(to, "}");
  return to;
}

}  // namespace vmtrail::json
