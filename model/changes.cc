// SPDX-License-Identifier: Apache-2.0

#include "model/changes.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

namespace {

std::string_view spoken(MigrationKind kind) {
  switch (kind) {
    case MigrationKind::live_migration:
      return "live migration";
    case MigrationKind::cold_migration:
      return "cold migration";
    case MigrationKind::resize:
      return "resize";
    case MigrationKind::evacuation:
      return "evacuation";
  }
  return "migration";
}

RecordType record_type(Outcome outcome) {
  switch (outcome) {
    case Outcome::in_progress:
      return RecordType::migration_corrected;
    case Outcome::completed:
      return RecordType::migration_completed;
    case Outcome::reverted:
      return RecordType::migration_reverted;
    case Outcome::failed:
      return RecordType::migration_failed;
    case Outcome::aborted:
      return RecordType::migration_aborted;
    case Outcome::uncertain:
      return RecordType::migration_uncertain;
    case Outcome::stuck:
      return RecordType::migration_stuck;
  }
  return RecordType::migration_corrected;
}

// What to call the step from what was announced to what is so now. An outcome after which nothing
// else can normally come is corrected by another, not followed by it.
RecordType step(const MigrationView& announced, const MigrationView& now) {
  if (announced.outcome != now.outcome) {
    const bool natural = is_open(announced.outcome) || (announced.outcome == Outcome::completed &&
                                                        now.outcome == Outcome::reverted);
    return natural ? record_type(now.outcome) : RecordType::migration_corrected;
  }
  MigrationView unconfirmed = now;
  unconfirmed.confirmed_at = announced.confirmed_at;
  if (!announced.confirmed_at && unconfirmed == announced) return RecordType::migration_confirmed;
  return RecordType::migration_corrected;
}

Severity severity_of(RecordType type) {
  switch (type) {
    case RecordType::migration_failed:
    case RecordType::migration_aborted:
    case RecordType::migration_stuck:
    case RecordType::migration_uncertain:
    case RecordType::event_too_late:
    case RecordType::event_missing:
    case RecordType::placement_drift:
      return Severity::warning;
    case RecordType::instance_created:
    case RecordType::instance_deleted:
    case RecordType::instance_placed:
    case RecordType::instance_moved:
    case RecordType::instance_unplaced:
    case RecordType::instance_state_changed:
    case RecordType::instance_task_changed:
    case RecordType::instance_power_changed:
    case RecordType::instance_confidence_changed:
    case RecordType::migration_started:
    case RecordType::migration_completed:
    case RecordType::migration_confirmed:
    case RecordType::migration_reverted:
    case RecordType::migration_corrected:
    case RecordType::host_state_changed:
    case RecordType::history_corrected:
      return Severity::info;
  }
  return Severity::info;
}

bool another_past(const Before& before, const Instance& instance) {
  const auto begin = instance.past.begin() + static_cast<std::ptrdiff_t>(before.folded_intervals);
  return !std::equal(begin, instance.past.end(), before.past.begin(), before.past.end()) ||
         (before.answer.interval_open && instance.answer.interval_open &&
          before.answer.since != instance.answer.since);
}

// The method of Nova's that raised an exception in the operation with this request.
std::string_view raised_in(const Instance& instance, const RequestId& request, const Names& names) {
  if (!instance.held || request.empty()) return {};
  for (const Operation& operation : instance.held->operations) {
    if (operation.request != request) continue;
    for (const Fact& fact : operation.facts) {
      if (fact.rule->phase == Phase::raised) return names.text(fact.event_type);
    }
  }
  return {};
}

std::optional<Cause> cause_of(const Changes::Occasion& occasion) {
  if (occasion.event == nullptr) return std::nullopt;
  const Event& event = *occasion.event;
  return Cause{event.message_id,    event.event_type,        occasion.rule->id,
               event[Field::state], event[Field::old_state], event[Field::task_state]};
}

std::string_view or_nothing(std::string_view text) {
  return text.empty() ? "none" : text;
}

}  // namespace

Migration migration_answer(const InstanceId& instance, const RequestId& request,
                           const MigrationView& view, const Names& names) {
  return {instance,
          view.kind,
          request,
          names.text(view.source),
          names.text(view.destination),
          view.outcome,
          view.started_at,
          view.finished_at,
          view.confirmed_at};
}

std::optional<OperationSummary> summarise(const Operation& operation, const Instance& instance,
                                          const Names& names) {
  if (operation.kind == OperationKind::none) return std::nullopt;
  OperationSummary summary;
  summary.request_id = operation.request;
  summary.started_at = operation.first;
  if (operation.migration) {
    const MigrationView view = instance.migrations[*operation.migration].view();
    summary.kind = name(view.kind);
    summary.outcome = view.outcome;
    summary.source = names.text(view.source);
    summary.destination = names.text(view.destination);
    summary.finished_at = view.finished_at;
    return summary;
  }
  summary.kind = name(operation.kind);
  summary.finished_at = operation.finished_at();
  summary.outcome = operation.phases.any(Phase::failed, Phase::raised) ? Outcome::failed
                    : operation.closed() && summary.finished_at        ? Outcome::completed
                                                                       : Outcome::in_progress;
  summary.source = names.text(operation.source);
  summary.destination = names.text(operation.destination);
  return summary;
}

void append_timeline(std::vector<Interval>& out, const Instance& instance, const Names& names) {
  for (const ClosedInterval& interval : instance.past) {
    out.push_back({names.text(interval.host), interval.from, interval.to, interval.confidence,
                   name(interval.cause)});
  }
  const State& now = instance.answer;
  if (now.interval_open) {
    out.push_back({names.text(now.host), now.since, std::nullopt, now.confidence, name(now.cause)});
  }
}

std::string_view Changes::title(const Instance& instance) const {
  return instance.answer.name == NameId::nothing ? std::string_view(subject_)
                                                 : names_.text(instance.answer.name);
}

ChangeRecord Changes::start(RecordType type, const Instance& instance, const Occasion& occasion) {
  subject_.clear();
  instance.id.append_to(subject_);
  summary_.clear();
  ChangeRecord record;
  record.type = type;
  record.time = occasion.time;
  record.subject = subject_;
  record.instance = ChangeRecord::Instance{names_.text(instance.answer.name),
                                           names_.text(instance.answer.project_id)};
  record.confidence = instance.answer.confidence;
  record.late = occasion.late;
  if (occasion.operation != nullptr) {
    record.operation = summarise(*occasion.operation, instance, names_);
  }
  record.cause = cause_of(occasion);
  record.severity = severity_of(type);
  return record;
}

void Changes::emit(ChangeRecord& record, RecordConsumer& records) {
  sequence_ = Sequence{static_cast<std::uint64_t>(sequence_) + 1};
  record.sequence = sequence_;
  record.summary = summary_;
  records.on_record(record);
}

void Changes::tell(const Before& before, Instance& instance, const Occasion& occasion,
                   RecordConsumer& records) {
  const Told& was = before.answer;
  const State& is = instance.answer;
  const Sequence sequence_before = sequence_;

  if (!before.known) {
    ChangeRecord record = start(RecordType::instance_created, instance, occasion);
    summary_ += title(instance);
    summary_ += " is known";
    emit(record, records);
  }

  const auto changed = [&](RecordType type, std::string_view field, std::string_view from,
                           std::string_view to, std::string_view verb) {
    ChangeRecord record = start(type, instance, occasion);
    record.from = Side{field, from};
    record.to = Side{field, to};
    summary_ += title(instance);
    summary_ += verb;
    summary_ += or_nothing(to);
    if (!from.empty()) {
      summary_ += " (was ";
      summary_ += from;
      summary_ += ')';
    }
    if (type == RecordType::instance_state_changed && is.vm_state == NameId::error) {
      record.severity = Severity::error;
    }
    emit(record, records);
  };

  bool host_told = false;
  if (is.deleted && !was.deleted) {
    ChangeRecord record = start(RecordType::instance_deleted, instance, occasion);
    const std::string_view from = names_.text(was.host);
    record.from = Side{"host", from};
    record.to = Side{"host", {}};
    summary_ += title(instance);
    summary_ += from.empty() ? " deleted" : " deleted on ";
    summary_ += from;
    emit(record, records);
    host_told = true;
  } else if (was.host != is.host) {
    const bool moved = was.host != NameId::nothing && is.host != NameId::nothing;
    const RecordType type = is.host == NameId::nothing ? RecordType::instance_unplaced
                            : moved                    ? RecordType::instance_moved
                                                       : RecordType::instance_placed;
    ChangeRecord record = start(type, instance, occasion);
    const std::string_view from = names_.text(was.host);
    const std::string_view to = names_.text(is.host);
    record.from = Side{"host", from};
    record.to = Side{"host", to};
    summary_ += title(instance);
    if (moved) {
      summary_ += " moved from ";
      summary_ += from;
      summary_ += " to ";
      summary_ += to;
      if (occasion.operation != nullptr && occasion.operation->migration) {
        summary_ += " (";
        summary_ += spoken(instance.migrations[*occasion.operation->migration].own.kind);
        summary_ += ')';
      }
    } else if (is.host == NameId::nothing) {
      summary_ += " has left ";
      summary_ += from;
      summary_ += " and has no host";
    } else {
      summary_ += " is on ";
      summary_ += to;
    }
    emit(record, records);
    host_told = true;
  }
  if (was.vm_state != is.vm_state) {
    changed(RecordType::instance_state_changed, "vm_state", names_.text(was.vm_state),
            names_.text(is.vm_state), " has state ");
  }
  if (was.task_state != is.task_state) {
    changed(RecordType::instance_task_changed, "task_state", names_.text(was.task_state),
            names_.text(is.task_state), " has task ");
  }
  if (was.power != is.power) {
    changed(RecordType::instance_power_changed, "power_state", name(was.power), name(is.power),
            " has power state ");
  }
  if (before.known && was.confidence != is.confidence && !host_told) {  // else it is told above
    changed(RecordType::instance_confidence_changed, "confidence", name(was.confidence),
            name(is.confidence), " has a placement that is ");
  }
  if (before.folded_migrations < instance.migrations.size() || !before.migrations.empty() ||
      !instance.ended.empty()) {
    tell_migrations(before, instance, occasion, records);
  }

  if (before.past_known && sequence_ == sequence_before && another_past(before, instance)) {
    ChangeRecord record = start(RecordType::history_corrected, instance, occasion);
    timeline_.clear();
    append_timeline(timeline_, instance, names_);
    record.timeline = timeline_;
    summary_ += title(instance);
    summary_ += ": history corrected";
    emit(record, records);
  }
}

void Changes::tell_migrations(const Before& before, Instance& instance, const Occasion& occasion,
                              RecordConsumer& records) {
  // What was announced belongs to the request, wherever the walk has put its migration now.
  const auto unfolded =
      instance.migrations.begin() + static_cast<std::ptrdiff_t>(before.folded_migrations);
  for (const MigrationEntry& old : before.migrations) {
    if (!old.announced) continue;
    const auto now = std::find_if(unfolded, instance.migrations.end(),
                                  [&](const MigrationEntry& entry) { return entry.is(old); });
    if (now == instance.migrations.end()) {
      tell_retracted(instance, old, occasion, records);
    } else if (!now->announced) {
      now->announced = old.announced;
    }
  }
  // Of the folded ones only those can have changed that a confirm or a revert has ended.
  for (const std::uint32_t ended : instance.ended) {
    if (ended < before.folded_migrations) {
      tell_migration_changes(instance, instance.migrations[ended], occasion, records);
    }
  }
  instance.ended.clear();
  // Of what is folded by now nothing more will be learnt.
  Occasion last = occasion;
  last.at_end = true;
  const std::size_t folded =
      instance.held ? instance.held->base.migrations : instance.migrations.size();
  for (std::size_t i = before.folded_migrations; i < instance.migrations.size(); ++i) {
    tell_migration_changes(instance, instance.migrations[i], i < folded ? last : occasion, records);
  }
}

void Changes::tell_migration_changes(const Instance& instance, MigrationEntry& entry,
                                     const Occasion& occasion, RecordConsumer& records) {
  const MigrationView now = entry.view();
  if (entry.announced == now) return;
  if (!entry.announced) {
    MigrationView started = now;
    if (now.outcome != Outcome::in_progress) {
      started.outcome = Outcome::in_progress;
      started.finished_at.reset();
      started.confirmed_at.reset();
    }
    tell_migration(RecordType::migration_started, instance, entry.request, started, occasion,
                   records);
    entry.announced = started;
    if (started == now) return;
  }
  // That it is completed is told once, with both ends; the end that is missing may be in the next
  // event.
  const bool complete = now.source != NameId::nothing && now.destination != NameId::nothing;
  if (now.outcome == Outcome::completed && entry.announced->outcome != Outcome::completed &&
      !complete && !occasion.at_end) {
    return;
  }
  MigrationView told = now;
  if (step(*entry.announced, now) == RecordType::migration_completed && now.confirmed_at) {
    told.confirmed_at.reset();  // the confirmation has a record of its own
  }
  if (told != *entry.announced) {
    tell_migration(step(*entry.announced, told), instance, entry.request, told, occasion, records);
  }
  if (told != now) {
    tell_migration(step(told, now), instance, entry.request, now, occasion, records);
  }
  entry.announced = now;
}

void Changes::tell_migration(RecordType type, const Instance& instance, const RequestId& request,
                             const MigrationView& view, const Occasion& occasion,
                             RecordConsumer& records) {
  ChangeRecord record = start(type, instance, occasion);
  record.migration = migration_answer(instance.id, request, view, names_);
  summary_ += title(instance);
  summary_ += ": ";
  summary_ += spoken(view.kind);
  summary_ += " from ";
  summary_ += view.source == NameId::nothing ? "an unknown host" : names_.text(view.source);
  summary_ += " to ";
  summary_ +=
      view.destination == NameId::nothing ? "an unknown host" : names_.text(view.destination);
  summary_ += ' ';
  summary_ += name(type).substr(name(type).find('.') + 1);
  if (view.outcome == Outcome::failed) {
    if (const std::string_view method = raised_in(instance, request, names_); !method.empty()) {
      summary_ += " (";
      summary_ += method;
      summary_ += " raised an exception)";
    }
  }
  emit(record, records);
}

// A late fact can show that a rebuild, which seemed an evacuation, stayed where it was.
void Changes::tell_retracted(const Instance& instance, const MigrationEntry& gone,
                             const Occasion& occasion, RecordConsumer& records) {
  ChangeRecord record = start(RecordType::migration_corrected, instance, occasion);
  OperationSummary operation;
  operation.kind = name(OperationKind::rebuild);
  operation.request_id = gone.request;
  operation.started_at = gone.announced->started_at;
  operation.outcome = gone.announced->outcome;
  record.operation = operation;
  summary_ += title(instance);
  summary_ += ": what seemed a migration was none";
  emit(record, records);
}

void Changes::tell_too_late(const Instance& instance, const Occasion& occasion,
                            RecordConsumer& records) {
  ChangeRecord record = start(RecordType::event_too_late, instance, occasion);
  record.late = true;
  summary_ += title(instance);
  summary_ += ": too late, ";
  if (occasion.event != nullptr) summary_ += occasion.event->event_type;
  emit(record, records);
}

void Changes::tell_missing(const Instance* instance, const MissingEvent& missing,
                           RecordConsumer& records) {
  ChangeRecord record;
  record.type = RecordType::event_missing;
  subject_.clear();
  missing.instance.append_to(subject_);
  record.subject = subject_;
  record.time = missing.time;
  record.instance.emplace();
  if (instance != nullptr) {
    record.instance->name = names_.text(instance->answer.name);
    record.instance->project_id = names_.text(instance->answer.project_id);
    record.confidence = instance->answer.confidence;
  }
  record.cause = missing.cause;
  record.severity = missing.severity;
  record.site_severity = record.site_summary = true;
  summary_ = missing.summary;
  emit(record, records);
}

void Changes::tell_host(std::string_view host, HostStatus from, HostStatus to,
                        std::span<const InstanceId> hit, const Occasion& occasion,
                        RecordConsumer& records) {
  ChangeRecord record;
  record.type = RecordType::host_state_changed;
  record.time = occasion.time;
  record.subject = host;
  record.from = Side{"status", name(from)};
  record.to = Side{"status", name(to)};
  record.cause = cause_of(occasion);
  record.severity = to == HostStatus::down ? Severity::error : Severity::info;
  record.hit = hit;
  summary_.clear();
  summary_ += "host ";
  summary_ += host;
  summary_ += " is ";
  summary_ += name(to);
  if (!hit.empty()) {
    summary_ += ", with ";
    summary_ += std::to_string(hit.size());
    summary_ += hit.size() == 1 ? " instance" : " instances";
  }
  emit(record, records);
}

}  // namespace vmtrail
