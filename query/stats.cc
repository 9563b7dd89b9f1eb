// SPDX-License-Identifier: Apache-2.0

#include <map>

#include "query/question.h"

namespace vmtrail {

namespace {

using Tally = std::map<std::string_view, std::uint64_t>;

void write(JsonWriter& out, std::string_view key, const Tally& tally) {
  out.key(key).open('{');
  for (const auto& [word, count] : tally) out.field(word, count);
  out.close('}');
}

void write_reasons(JsonWriter& out, std::string_view key, std::uint64_t total,
                   const std::array<std::uint64_t, 256>& counts) {
  Tally by_reason;
  for (const ErrorInfo& row : error_table()) {
    if (const auto count = counts[static_cast<std::size_t>(row.code)]; count > 0) {
      by_reason[row.name] = count;
    }
  }
  out.key(key).open('{').field("total", total);
  write(out, "by_reason", by_reason);
  out.close('}');
}

// As `replay --stats -o json` has them.
void write_counts(JsonWriter& out, const Counts& counts) {
  out.field("events", counts.events).field("applied", counts.applied);
  write_reasons(out, "ignored", counts.total_ignored(), counts.ignored);
  out.field("duplicate", counts.duplicate);
  write_reasons(out, "quarantined", counts.total_quarantined(), counts.quarantined);
  out.field("skipped_lines", counts.skipped_lines);
  Tally records;
  for (std::size_t i = 0; i < kRecordTypes; ++i) {
    if (counts.records[i] > 0) records[name(static_cast<RecordType>(i))] = counts.records[i];
  }
  write(out, "records", records);
}

}  // namespace

Result<void> answer_stats(const Question& question, JsonWriter& out) {
  const Model& model = question.model();
  Tally confidence;
  model.for_each_instance(
      [&](const InstanceAnswer& instance) { ++confidence[name(instance.confidence)]; });
  Tally hosts;
  for (const HostAnswer& host : model.hosts()) ++hosts[name(host.status)];
  Tally migrations;
  for (const Migration& migration : model.migrations()) ++migrations[name(migration.outcome)];

  out.key("stats").open('{');
  if (question.subject.counts != nullptr) write_counts(out, *question.subject.counts);
  out.field("instances", model.instance_count()).field("hosts", model.host_count());
  write(out, "instances_by_confidence", confidence);
  write(out, "hosts_by_status", hosts);
  write(out, "migrations_by_outcome", migrations);
  out.close('}');
  return {};
}

}  // namespace vmtrail
