// SPDX-License-Identifier: Apache-2.0
// Records of differences from Nova's own list.

#include "model/impl.h"

namespace vmtrail {

void Changes::tell_drift(const Instance* instance, const PlacementDrift& drift,
                         RecordConsumer& records) {
  ChangeRecord record;
  record.type = RecordType::placement_drift;
  record.severity = Severity::warning;
  record.time = drift.time;
  record.subject = subject(drift.instance);
  record.instance.emplace();
  if (instance != nullptr) {
    record.instance->name = names_.text(instance->answer.name);
    record.instance->project_id = names_.text(instance->answer.project_id);
    record.confidence = instance->answer.confidence;
  }
  record.from = drift.from;
  record.to = drift.to;
  record.cause = Cause{drift.message_id, drift.event_type, {}, {}, {}, {}};
  summary_.clear();
  summary_.append(drift.summary);
  emit(record, records);
}

void Model::tell_drift(const PlacementDrift& drift, RecordConsumer& records) {
  Instance room;
  impl_->changes.tell_drift(impl_->find(drift.instance, room), drift, records);
}

}  // namespace vmtrail
