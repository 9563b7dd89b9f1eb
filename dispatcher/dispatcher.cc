// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/dispatcher.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "dispatcher/absences.h"
#include "dispatcher/wording.h"

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

void Dispatcher::OutgoingRecords::on_record(const ChangeRecord& record) {
  ++counts_.records[static_cast<std::size_t>(record.type)];
  // Time that goes on with an event may have records of its own.
  const bool of_rule =
      rule_ != nullptr && record.cause && record.cause->message_id == event_->message_id;
  const RecordTemplate* const wording = of_rule ? template_of(*rule_, record.type) : nullptr;
  if (wording == nullptr) {
    next_.on_record(record);
    return;
  }
  ChangeRecord worded = record;
  if (wording->severity) {
    worded.severity = *wording->severity;
    worded.site_severity = true;
  }
  if (!wording->summary.empty()) {
    summary_.clear();
    append_summary(summary_, wording->summary, record, *event_, model_);
    worded.summary = summary_;
    worded.site_summary = true;
  }
  next_.on_record(worded);
}

Dispatcher::Dispatcher(const RuleSet& rules, Model& model, RecordConsumer& records,
                       QuarantineConsumer& quarantine)
    : rules_(rules), model_(model), quarantine_(quarantine), records_(records, counts_, model) {
  if (rules.absences().empty()) return;
  Absences::Limits limits;
  limits.clock_tolerance = model.options().clock_tolerance;
  limits.horizon = model.options().horizon;
  absences_ = std::make_unique<Absences>(rules.absences(), limits);
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::on_matched(const Event& event, const Matched& matched) {
  const bool is_copy =
      matched.rule == nullptr ? ignore(event, matched, ErrorCode::no_rule) : apply(event, matched);
  if (absences_ && !is_copy) watch(event, matched);
}

bool Dispatcher::apply(const Event& event, const Matched& matched) {
  const Rule& rule = *matched.rule;
  const bool names_none = event[Field::instance_id].empty();
  const bool of_request = rule.about == About::request && names_none && !matched.request.empty();
  if (rule.about != About::host && !matched.instance && !of_request) {
    if (names_none) return ignore(event, matched, ErrorCode::no_instance);
    // The bytes of the whole frame, once: a list of many such events must not multiply them.
    const std::string_view bytes =
        std::exchange(frame_quarantined_, true) ? event.message_id : frame_.bytes;
    on_undecodable(
        {ErrorCode::bad_instance_id, event[Field::instance_id], bytes, frame_.offset, frame_.line});
    return true;
  }
  if (!rule.records.empty()) records_.begin(rule, event);
  const Verdict verdict = rule.about == About::host ? model_.apply_to_host(event, matched, records_)
                          : matched.instance        ? model_.apply(event, matched, records_)
                                             : model_.apply_to_request(event, matched, records_);
  records_.end();
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
  return verdict == Verdict::duplicate;
}

bool Dispatcher::ignore(const Event& event, const Matched& matched, ErrorCode reason) {
  ++counts_.events;
  const bool is_copy = model_.note(event, matched, records_);
  if (is_copy) {
    ++counts_.duplicate;
  } else {
    ++counts_.ignored[index(reason)];
  }
  return is_copy;
}

void Dispatcher::watch(const Event& event, const Matched& matched) {
  const Time stream = model_.stream_time().value_or(event.generated);
  if (matched.instance) {
    absences_->observe(event, *matched.instance, stream);
    counts_.absences_given_up = absences_->given_up();
  }
  // An event that is as late as the horizon allows may still be the answer.
  tell_missing_before(stream - model_.options().horizon);
  absences_->forget(stream);
}

void Dispatcher::tell_missing_before(Time now) {
  if (!absences_) return;
  absences_->tell_due(now, [this](const Absences::Missing& found) {
    MissingEvent missing;
    missing.instance = found.instance;
    missing.time = found.due;
    missing.cause.message_id = found.message_id;
    missing.cause.event_type = found.event_type;
    missing.cause.rule = found.absence->id;
    missing.severity = found.absence->severity;
    std::string summary;
    append_summary(summary, *found.absence, missing, model_);
    missing.summary = summary;
    model_.tell_missing(missing, records_);
  });
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

void Dispatcher::tell_drift(const PlacementDrift& drift) {
  model_.tell_drift(drift, records_);
}

void Dispatcher::finish() {
  model_.finish(records_);
  if (const auto newest = model_.newest_event()) tell_missing_before(*newest);
}

bool Dispatcher::advance(Time now) {
  const bool more = model_.advance(now, records_);
  tell_missing_before(now);
  return more;
}

bool Dispatcher::fold_quiet(Time now) {
  return model_.fold_quiet(now, records_);
}

std::vector<AwaitedSnapshot> Dispatcher::awaited() const {
  return absences_ ? absences_->snapshot() : std::vector<AwaitedSnapshot>{};
}

void Dispatcher::restore(std::span<const AwaitedSnapshot> awaited) {
  if (absences_) absences_->restore(awaited);
}

}  // namespace vmtrail
