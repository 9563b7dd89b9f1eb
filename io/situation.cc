// SPDX-License-Identifier: Apache-2.0

#include "io/situation.h"

#include <algorithm>

namespace vmtrail {

namespace {

std::string key_of(const RequestId& request, Time started_at) {
  return request.empty() ? to_string(started_at) : request.to_string();
}

}  // namespace

void Situation::begin(const Model& model) {
  open_.clear();
  for (const Migration& migration : model.migrations()) {
    if (migration.outcome != Outcome::in_progress) continue;
    open_.emplace(migration.instance, key_of(migration.request_id, migration.started_at));
  }
}

void Situation::on_record(const ChangeRecord& record) {
  if (record.migration) {
    const Migration& migration = *record.migration;
    const std::pair key(migration.instance, key_of(migration.request_id, migration.started_at));
    if (migration.outcome == Outcome::in_progress) {
      open_.insert(key);
    } else {
      open_.erase(key);
    }
  } else if (record.type == RecordType::migration_corrected && record.operation) {
    // It turned out that it never was.
    if (const auto instance = InstanceId::parse(record.subject)) {
      open_.erase({*instance, key_of(record.operation->request_id, record.operation->started_at)});
    }
  }
}

std::size_t Situation::silent_hosts(Time since) const {
  return static_cast<std::size_t>(std::count_if(
      heard_.begin(), heard_.end(), [&](const auto& host) { return host.second < since; }));
}

}  // namespace vmtrail
