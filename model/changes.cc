// SPDX-License-Identifier: Apache-2.0

#include "model/changes.h"

#include <algorithm>
#include <string>

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
  static constexpr Phases kRaised(Phase::raised, Phase::raised_after_switch);
  if (!instance.held || request.empty()) return {};
  for (const Operation& operation : instance.held->operations) {
    if (operation.request != request) continue;
    for (const Fact& fact : operation.facts) {
      if (kRaised.has(fact.rule->phase)) return names.text(fact.event_type);
    }
  }
  return {};
}

using Migrations = std::span<const MigrationEntry>;

// An emplace() without one of these fills with zeros, by an instruction that is slow to begin.
constinit const Cause kNoCause{};
constinit const Migration kNoMigration{};
constinit const OperationSummary kNoOperation{};

void tell_cause(std::optional<Cause>& cause, const Changes::Occasion& occasion) {
  if (occasion.event == nullptr) {
    cause.reset();
    return;
  }
  const Event& event = *occasion.event;
  if (!cause) cause.emplace(kNoCause);
  cause->message_id = event.message_id;
  cause->event_type = event.event_type;
  cause->rule = occasion.rule->id;
  cause->state = event[Field::state];
  cause->old_state = event[Field::old_state];
  cause->task_state = event[Field::task_state];
}

std::string_view or_nothing(std::string_view text) {
  return text.empty() ? "none" : text;
}

}  // namespace

void answer_migration(Migration& to, const InstanceId& instance, const RequestId& request,
                      const MigrationView& view, const Names& names) {
  to.instance = instance;
  to.kind = view.kind;
  to.request_id = request;
  to.source = names.text(view.source);
  to.destination = names.text(view.destination);
  to.outcome = view.outcome;
  to.started_at = view.started_at;
  view.finished_at.put(to.finished_at);
  view.confirmed_at.put(to.confirmed_at);
}

void summarise(std::optional<OperationSummary>& to, const Operation& operation,
               const Instance& instance, const Names& names) {
  if (operation.kind == OperationKind::none) {
    to.reset();
    return;
  }
  OperationSummary& summary = to ? *to : to.emplace(kNoOperation);
  summary.request_id = operation.request;
  summary.started_at = operation.first;
  if (operation.migration) {
    const MigrationView view = instance.migrations[*operation.migration].view();
    summary.kind = name(view.kind);
    summary.outcome = view.outcome;
    summary.source = names.text(view.source);
    summary.destination = names.text(view.destination);
    view.finished_at.put(summary.finished_at);
    return;
  }
  summary.kind = name(operation.kind);
  operation.finished_at().put(summary.finished_at);
  summary.outcome = operation.phases.any(Phase::failed, Phase::raised) ? Outcome::failed
                    : operation.closed() && summary.finished_at        ? Outcome::completed
                                                                       : Outcome::in_progress;
  summary.source = names.text(operation.source);
  summary.destination = names.text(operation.destination);
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
  return instance.answer.name == NameId::nothing
             ? std::string_view(subject_.data(), subject_.size())
             : names_.text(instance.answer.name);
}

std::string_view Changes::subject(const InstanceId& id) {
  id.write(subject_.data());
  return {subject_.data(), subject_.size()};
}

void Changes::begin(const Instance& instance, const Occasion& occasion) {
  record_.occasion = next();
  record_.time = occasion.time;
  record_.subject = subject(instance.id);
  record_.instance = ChangeRecord::Instance{names_.text(instance.answer.name),
                                            names_.text(instance.answer.project_id)};
  record_.confidence = instance.answer.confidence;
  record_.late = occasion.late;
  if (occasion.operation != nullptr) {
    summarise(record_.operation, *occasion.operation, instance, names_);
  } else {
    record_.operation.reset();
  }
  tell_cause(record_.cause, occasion);
}

ChangeRecord& Changes::start(RecordType type, const Instance& instance, const Occasion& occasion) {
  if (record_.occasion == Sequence{}) begin(instance, occasion);
  record_.type = type;
  record_.from.reset();
  record_.to.reset();
  record_.migration.reset();
  record_.timeline = {};
  record_.severity = severity_of(type);
  summary_.clear();
  return record_;
}

void Changes::emit(ChangeRecord& record, RecordConsumer& records) {
  sequence_ = next();
  record.sequence = sequence_;
  record.summary = summary_.text();
  records.on_record(record);
}

bool Changes::is_told_still(const Before& before, Instance& instance) {
  if (before.migrations.size() != 1 || !instance.ended.empty() ||
      instance.migrations.size() != before.folded_migrations + 1) {
    return false;
  }
  MigrationEntry& now = instance.migrations.back();
  const MigrationEntry& old = before.migrations.front();
  if (!old.is_told_as_it_is() || !now.is_still(old)) return false;
  now.set_told_as_it_is();
  return true;
}

void Changes::tell(const Before& before, Instance& instance, const Occasion& occasion,
                   RecordConsumer& records) {
  const Sequence sequence_before = sequence_;
  record_.occasion = {};
  if (!before.known || !before.answer.is_still(instance.answer)) {
    tell_answer(before, instance, occasion, records);
  }
  if (has_migrations(before, instance) && !is_told_still(before, instance)) {
    tell_migrations(before, instance, occasion, records);
  }
  if (before.past_known && sequence_ == sequence_before && another_past(before, instance)) {
    ChangeRecord& record = start(RecordType::history_corrected, instance, occasion);
    timeline_.clear();
    append_timeline(timeline_, instance, names_);
    record.timeline = timeline_;
    summary_.append(title(instance), ": history corrected");
    emit(record, records);
  }
}

void Changes::tell_answer(const Before& before, const Instance& instance, const Occasion& occasion,
                          RecordConsumer& records) {
  const Told& was = before.answer;
  const State& is = instance.answer;

  if (!before.known) {
    ChangeRecord& record = start(RecordType::instance_created, instance, occasion);
    summary_.append(title(instance), " is known");
    emit(record, records);
  }

  const auto changed = [&](RecordType type, std::string_view field, std::string_view from,
                           std::string_view to, std::string_view verb) {
    ChangeRecord& record = start(type, instance, occasion);
    record.from = Side{field, from};
    record.to = Side{field, to};
    summary_.append(title(instance), verb, or_nothing(to));
    if (!from.empty()) summary_.append(" (was ", from, ")");
    if (type == RecordType::instance_state_changed && is.vm_state == NameId::error) {
      record.severity = Severity::error;
    }
    emit(record, records);
  };

  const bool host_told = (is.deleted && !was.deleted) || was.host != is.host;
  if (host_told) tell_host_of(was, instance, occasion, records);
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
}

void Changes::tell_host_of(const Told& was, const Instance& instance, const Occasion& occasion,
                           RecordConsumer& records) {
  const State& is = instance.answer;
  const bool moved = was.host != NameId::nothing && is.host != NameId::nothing;
  const RecordType type = is.deleted && !was.deleted   ? RecordType::instance_deleted
                          : is.host == NameId::nothing ? RecordType::instance_unplaced
                          : moved                      ? RecordType::instance_moved
                                                       : RecordType::instance_placed;
  ChangeRecord& record = start(type, instance, occasion);
  const std::string_view from = names_.text(was.host);
  const std::string_view to = names_.text(is.host);
  record.from = Side{"host", from};
  record.to = Side{"host", to};
  summary_.append(title(instance));
  if (type == RecordType::instance_deleted) {
    record.to->value = {};
    summary_.append((from.empty() ? std::string_view(" deleted") : " deleted on "), from);
  } else if (moved) {
    summary_.append(" moved from ", from, " to ", to);
    if (occasion.operation != nullptr && occasion.operation->migration) {
      summary_.append(" (", spoken(instance.migrations[*occasion.operation->migration].own().kind),
                      ")");
    }
  } else if (is.host == NameId::nothing) {
    summary_.append(" has left ", from, " and has no host");
  } else {
    summary_.append(" is on ", to);
  }
  emit(record, records);
}

void Changes::tell_migrations(const Before& before, Instance& instance, const Occasion& occasion,
                              RecordConsumer& records) {
  const auto unfolded = Migrations(instance.migrations).subspan(before.folded_migrations);
  for (std::size_t i = 0; i < before.migrations.size(); ++i) {
    const MigrationEntry& old = before.migrations[i];
    const std::optional<MigrationView> told = old.told();
    if (told && counterpart(before.migrations, i, unfolded) == nullptr) {
      tell_retracted(instance, old.request(), *told, occasion, records);
    }
  }
  // Of what is folded by now nothing more will be learnt. Of those folded before only those can
  // have changed that a confirm or a revert has ended.
  Occasion last = occasion;
  last.at_end = true;
  for (const std::uint32_t ended : instance.ended) {
    if (ended < before.folded_migrations) {
      MigrationEntry& entry = instance.migrations[ended];
      const std::optional<MigrationView> announced = entry.told();
      tell_migration_changes(instance, entry, announced ? &*announced : nullptr, last, records);
    }
  }
  instance.ended.clear();
  const std::size_t folded = instance.base().migrations;
  for (std::size_t i = 0; i < unfolded.size(); ++i) {
    MigrationEntry& entry = instance.migrations[before.folded_migrations + i];
    if (entry.is_told_as_it_is()) continue;
    Occasion at = occasion;
    at.at_end = at.at_end || before.folded_migrations + i < folded;
    const MigrationEntry* const old =
        entry.is_told() ? &entry : counterpart(unfolded, i, before.migrations);
    const std::optional<MigrationView> announced = old != nullptr ? old->told() : std::nullopt;
    tell_migration_changes(instance, entry, announced ? &*announced : nullptr, at, records);
  }
}

void Changes::tell_migration_changes(const Instance& instance, MigrationEntry& entry,
                                     const MigrationView* announced, const Occasion& occasion,
                                     RecordConsumer& records) {
  const MigrationView now = entry.view();
  // Not a copy of `now`, see OptionalTime::put(). `announced` may come to point to it.
  MigrationView started = entry.view();
  if (announced == nullptr) {
    if (now.outcome != Outcome::in_progress) {
      started.outcome = Outcome::in_progress;
      started.finished_at.reset();
      started.confirmed_at.reset();
    }
    tell_migration(RecordType::migration_started, instance, entry.request(), started, occasion,
                   records);
    announced = &started;
  }
  if (*announced == now) return entry.set_told_as_it_is();
  // That it is completed is told once, with both ends; the end that is missing may be in the next
  // event.
  const bool complete = now.source != NameId::nothing && now.destination != NameId::nothing;
  if (now.outcome == Outcome::completed && announced->outcome != Outcome::completed && !complete &&
      !occasion.at_end) {
    return entry.set_told(*announced);
  }
  MigrationView told = entry.view();
  if (step(*announced, now) == RecordType::migration_completed && now.confirmed_at) {
    told.confirmed_at.reset();  // the confirmation has a record of its own
  }
  if (told != *announced) {
    tell_migration(step(*announced, told), instance, entry.request(), told, occasion, records);
  }
  if (told != now) {
    tell_migration(step(told, now), instance, entry.request(), now, occasion, records);
  }
  entry.set_told_as_it_is();
}

void Changes::tell_migration(RecordType type, const Instance& instance, const RequestId& request,
                             const MigrationView& view, const Occasion& occasion,
                             RecordConsumer& records) {
  ChangeRecord& record = start(type, instance, occasion);
  answer_migration(record.migration.emplace(kNoMigration), instance.id, request, view, names_);
  const auto spoken_host = [&](NameId host) {
    return host == NameId::nothing ? "an unknown host" : names_.text(host);
  };
  summary_.append(title(instance), ": ", spoken(view.kind), " from ", spoken_host(view.source),
                  " to ", spoken_host(view.destination), " ",
                  name(type).substr(std::string_view("migration.").size()));
  if (view.outcome == Outcome::failed) {
    if (const std::string_view method = raised_in(instance, request, names_); !method.empty()) {
      summary_.append(" (", method, " raised an exception)");
    }
  }
  emit(record, records);
}

// A late fact can show that a rebuild, which seemed an evacuation, stayed where it was.
void Changes::tell_retracted(const Instance& instance, const RequestId& request,
                             const MigrationView& told, const Occasion& occasion,
                             RecordConsumer& records) {
  ChangeRecord& record = start(RecordType::migration_corrected, instance, occasion);
  OperationSummary operation;
  operation.kind = name(OperationKind::rebuild);
  operation.request_id = request;
  operation.started_at = told.started_at;
  operation.outcome = told.outcome;
  record.operation = operation;
  record.occasion = {};  // the others are of the operation as it is now
  summary_.append(title(instance), ": what seemed a migration was none");
  emit(record, records);
}

void Changes::tell_too_late(const Instance& instance, const Occasion& occasion,
                            RecordConsumer& records) {
  record_.occasion = {};
  ChangeRecord& record = start(RecordType::event_too_late, instance, occasion);
  record.late = true;
  summary_.append(title(instance), ": too late, ");
  if (occasion.event != nullptr) summary_.append(occasion.event->event_type);
  emit(record, records);
}

void Changes::tell_missing(const Instance* instance, const MissingEvent& missing,
                           RecordConsumer& records) {
  ChangeRecord record;
  record.type = RecordType::event_missing;
  record.subject = subject(missing.instance);
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
  summary_.clear();
  summary_.append(missing.summary);
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
  tell_cause(record.cause, occasion);
  record.severity = to == HostStatus::down ? Severity::error : Severity::info;
  record.hit = hit;
  summary_.clear();
  summary_.append("host ", host, " is ", name(to));
  if (!hit.empty()) {
    summary_.append(", with ", std::to_string(hit.size()),
                    (hit.size() == 1 ? std::string_view(" instance") : " instances"));
  }
  emit(record, records);
}

}  // namespace vmtrail
