// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/dispatcher.h"

#include <numeric>
#include <utility>

namespace vmtrail {

namespace {

std::size_t index(ErrorCode code) {
  return static_cast<std::size_t>(code);
}

}  // namespace

std::uint64_t Counts::total_ignored() const {
  return std::accumulate(ignored.begin(), ignored.end(), std::uint64_t{0});
}

std::uint64_t Counts::total_quarantined() const {
  return std::accumulate(quarantined.begin(), quarantined.end(), std::uint64_t{0});
}

void Dispatcher::CountingRecords::on_record(const ChangeRecord& record) {
  ++counts_.records[static_cast<std::size_t>(record.type)];
  next_.on_record(record);
}

Dispatcher::Dispatcher(const RuleSet& rules, Model& model, RecordConsumer& records,
                       QuarantineConsumer& quarantine)
    : rules_(rules), model_(model), quarantine_(quarantine), records_(records, counts_) {}

void Dispatcher::on_event(const Event& event) {
  const Rule* const rule = rules_.match(event);
  if (rule == nullptr) {
    ignore(event, ErrorCode::no_rule);
    return;
  }
  Verdict verdict{};
  if (rule->about == About::host) {
    verdict = model_.apply_to_host(event, *rule, records_);
  } else if (event[Field::instance_id].empty() && rule->about == About::request &&
             !event[Field::request_id].empty()) {
    verdict = model_.apply_to_request(event, *rule, records_);
  } else if (event[Field::instance_id].empty()) {
    ignore(event, ErrorCode::no_instance);
    return;
  } else if (const auto instance = InstanceId::parse(event[Field::instance_id])) {
    verdict = model_.apply(event, *instance, *rule, records_);
  } else {
    // The bytes of the whole frame, once: a list of many such events must not multiply them.
    const std::string_view bytes =
        std::exchange(frame_quarantined_, true) ? event.message_id : frame_.bytes;
    on_undecodable(
        {ErrorCode::bad_instance_id, event[Field::instance_id], bytes, frame_.offset, frame_.line});
    return;
  }
  ++counts_.events;
  switch (verdict) {
    case Verdict::applied:
      ++counts_.applied;
      break;
    case Verdict::duplicate:
      ++counts_.duplicate;
      break;
    case Verdict::too_late:
      ++counts_.ignored[index(ErrorCode::too_late)];
      break;
    case Verdict::too_many_facts:
      ++counts_.ignored[index(ErrorCode::too_many_facts)];
      break;
  }
}

void Dispatcher::ignore(const Event& event, ErrorCode reason) {
  ++counts_.events;
  if (model_.note(event, records_)) {
    ++counts_.duplicate;
  } else {
    ++counts_.ignored[index(reason)];
  }
}

void Dispatcher::on_undecodable(const Undecodable& bad) {
  ++counts_.events;
  ++counts_.quarantined[index(bad.reason)];
  quarantine_.on_quarantined(bad);
}

void Dispatcher::on_sample() {
  ++counts_.events;
  ++counts_.ignored[index(ErrorCode::sample)];
}

void Dispatcher::on_skipped_line() {
  ++counts_.skipped_lines;
}

void Dispatcher::finish() {
  model_.finish(records_);
}

void Dispatcher::advance(Time now) {
  model_.advance(now, records_);
}

}  // namespace vmtrail
