// SPDX-License-Identifier: Apache-2.0

#include "model/walk.h"

#include <algorithm>
#include <utility>

#include "model/order.h"

namespace vmtrail {

namespace {

bool unresolved(Outcome outcome) {
  return outcome == Outcome::in_progress || outcome == Outcome::stuck ||
         outcome == Outcome::uncertain;
}

IntervalCause cause_of(const Operation& operation, NameId host_before, NameId host, Names& names) {
  switch (operation.kind) {
    case OperationKind::none:
      return IntervalCause::update;
    case OperationKind::boot:
      return IntervalCause::boot;
    case OperationKind::live_migration:
      return IntervalCause::live_migration;
    case OperationKind::resize:
      return operation.new_flavor ? IntervalCause::resize : IntervalCause::cold_migration;
    case OperationKind::confirm:
      return IntervalCause::confirm;
    case OperationKind::revert:
      return IntervalCause::revert;
    case OperationKind::rebuild:
      return operation.phases.has(Phase::evacuate) ||
                     (host_before != NameId::nothing && !names.same_host(host_before, host))
                 ? IntervalCause::evacuation
                 : IntervalCause::rebuild;
    case OperationKind::shelve:
      return IntervalCause::shelve;
    case OperationKind::unshelve:
      return IntervalCause::unshelve;
    case OperationKind::remove:
      return IntervalCause::remove;
    case OperationKind::soft_delete:
      return IntervalCause::soft_delete;
    case OperationKind::restore:
      return IntervalCause::restore;
    case OperationKind::action:
      return IntervalCause::action;
    case OperationKind::volume:
      return IntervalCause::volume;
    case OperationKind::audit:
      return IntervalCause::audit;
    case OperationKind::abort:
      return IntervalCause::abort;
    case OperationKind::force_complete:
      return IntervalCause::force_complete;
  }
  return IntervalCause::update;
}

}  // namespace

Walk::Walk(Instance& instance, Names& names, Duration clock_tolerance)
    : instance_(instance), held_(*instance.held), names_(names), tolerance_(clock_tolerance) {}

// ---- the ways through

void Walk::step() {
  Operation& last = held_.operations.back();
  unfinish(last);
  rewind(held_.open);
  apply(held_.open, last, last.facts.back());
  end_of_last();
}

void Walk::step_into_last() {
  Operation& last = held_.operations.back();
  if (held_.operations.size() > 1) held_.prefix = held_.finished;
  held_.open = held_.prefix;
  apply(held_.open, last, last.facts.back());
  end_of_last();
}

void Walk::repeat_last() {
  Operation& last = held_.operations.back();
  unfinish(last);
  rewind(held_.prefix);
  held_.open = held_.prefix;
  for (const Fact& fact : last.facts) apply(held_.open, last, fact);
  end_of_last();
  // It may have been something else before.
  held_.ambiguous = is_ambiguous(held_.operations.size(), held_.finished.host);
  settle();
}

void Walk::from_base() {
  back_to_base();
  put_in_order(held_.operations, held_.base, tolerance_, names_);
  held_.prefix = held_.open = held_.finished = held_.base;
  for (Operation& operation : held_.operations) {
    held_.prefix = held_.finished;
    held_.open = held_.prefix;
    for (const Fact& fact : operation.facts) apply(held_.open, operation, fact);
    held_.finished = held_.open;
    finish(held_.finished, operation);
  }
  held_.ambiguous = is_ambiguous(held_.operations.size(), held_.finished.host);
  settle();
}

void Walk::fold(std::size_t count) {
  back_to_base();
  State state = held_.base;
  for (std::size_t i = 0; i < count; ++i) {
    Operation& operation = held_.operations[i];
    // Whatever has not ended by now is judged for good.
    if (!operation.closed()) operation.judged = operation.judgement();
    for (const Fact& fact : operation.facts) apply(state, operation, fact);
    finish(state, operation);
  }
  const bool ambiguous = is_ambiguous(count, state.host);
  held_.base = settled(std::move(state), ambiguous);
  held_.operations.erase(held_.operations.begin(),
                         held_.operations.begin() + static_cast<std::ptrdiff_t>(count));
  from_base();
}

// The last operation is certainly after all others: if it can move the instance, nothing came after
// that. Else the doubts are those of before, unless the host is another now.
void Walk::end_of_last() {
  Operation& last = held_.operations.back();
  const NameId host_before = held_.finished.host;
  held_.finished = held_.open;
  finish(held_.finished, last);
  if (is_mover(last.kind)) {
    held_.ambiguous = false;
  } else if (held_.finished.host != host_before) {
    held_.ambiguous = is_ambiguous(held_.operations.size(), held_.finished.host);
  }
  settle();
}

void Walk::drop(std::size_t position) {
  back_to_base();
  held_.operations.erase(held_.operations.begin() + static_cast<std::ptrdiff_t>(position));
  from_base();
}

// ---- one fact

void Walk::apply(State& state, const Operation& operation, const Fact& fact) {
  const Rule& rule = *fact.rule;
  state.effective = std::max(state.effective, fact.generated);
  const bool serial = operation.serial();
  // Bystanders only confirm, unless they come well after the newest serial fact.
  const bool well_after =
      state.moved_at == Time::min() || fact.generated > state.moved_at + tolerance_;

  if (fact.name != NameId::nothing && (rule.writes.attributes || state.name == NameId::nothing)) {
    state.name = fact.name;
  }
  if (fact.project_id != NameId::nothing &&
      (rule.writes.attributes || state.project_id == NameId::nothing)) {
    state.project_id = fact.project_id;
  }
  const bool may_write_state = serial || well_after || state.vm_state == NameId::nothing;
  if (rule.writes.vm_state && fact.state != NameId::nothing &&
      (may_write_state || fact.changes_state())) {
    state.vm_state = fact.state;
  }
  if (fact.power != PowerState::unknown &&
      (rule.writes.vm_state || rule.power != PowerState::unknown) &&
      (may_write_state || state.power == PowerState::unknown)) {
    state.power = fact.power;
  }
  if (rule.writes.task_state && fact.task_told) state.task_state = fact.task_state;

  std::optional<NameId> host = named(fact, rule.host);
  if (fact.state == NameId::shelved_offloaded && rule.database &&
      (!host || operation.kind != OperationKind::unshelve)) {
    // Nova's record still names the old host when it first says so, and the new one while it
    // unshelves.
    host = NameId::nothing;
  }
  // Inside an evacuation the new host powers the guest off before it is its host.
  if (operation.kind == OperationKind::rebuild && rule.operation != OperationKind::rebuild &&
      !rule.database) {
    host.reset();
  }
  if (host && !state.deleted) {
    const bool unsure =
        state.confidence == Confidence::unknown || state.confidence == Confidence::probable;
    const bool news = !names_.same_host(*host, state.host) ||
                      state.confidence == Confidence::probable ||
                      (state.confidence == Confidence::unknown && *host == NameId::nothing);
    if (news && (serial || well_after || unsure)) {
      place(state, *host, *host == NameId::nothing ? Confidence::unplaced : Confidence::confirmed,
            operation, fact);
    }
  }
  if (fact.says_deleted() && !state.deleted) {
    // It comes last in the order, behind facts that may be newer; but it ended when it was deleted.
    close_interval(state, std::max(state.since, fact.generated));
    state.host = NameId::nothing;
    state.confidence = Confidence::deleted;
    state.deleted = true;
    state.decided_by = fact.message_id;
    state.decided_event_type = fact.event_type;
    state.decided_rule = fact.rule;
  }
  if (serial) state.moved_at = std::max(state.moved_at, fact.generated);
}

void Walk::close_interval(State& state, Time at) {
  // An interval without length is no time anywhere.
  if (state.interval_open && at > state.since) {
    instance_.past.push_back({state.host, state.since, at, state.confidence, state.cause});
    ++state.closed_intervals;
  }
  state.interval_open = false;
}

void Walk::place(State& state, NameId host, Confidence confidence, const Operation& operation,
                 const Fact& by) {
  const bool stays = state.interval_open && names_.same_host(host, state.host);
  const bool had_host = state.host != NameId::nothing;
  const IntervalCause cause = cause_of(operation, state.host, host, names_);
  if (!stays) close_interval(state, state.effective);
  state.confidence = confidence;
  state.decided_by = by.message_id;
  state.decided_event_type = by.event_type;
  state.decided_rule = by.rule;
  if (stays) return;
  state.host = host;
  if (host == NameId::nothing && !had_host) return;  // no time anywhere to speak of yet
  state.interval_open = true;
  state.since = state.effective;
  state.cause = cause;
}

void Walk::place_probably(State& state, NameId host, const Operation& operation) {
  if (!state.deleted) place(state, host, Confidence::probable, operation, operation.facts.back());
}

void Walk::doubt(State& state) const {
  if (state.host != NameId::nothing) state.confidence = Confidence::probable;
}

// ---- the end of an operation: its outcome, and what must be so though nobody said it

void Walk::finish(State& state, Operation& operation) {
  switch (operation.kind) {
    case OperationKind::live_migration:
      finish_live_migration(state, operation);
      break;
    case OperationKind::rebuild:
      finish_rebuild(state, operation);
      break;
    case OperationKind::resize:
      finish_resize(state, operation);
      break;
    case OperationKind::confirm:
    case OperationKind::revert:
      finish_confirm_or_revert(state, operation);
      break;
    case OperationKind::boot:
    case OperationKind::unshelve:
      if (!operation.closed() && state.host == NameId::nothing &&
          state.vm_state == NameId::active && operation.destination != NameId::nothing) {
        place_probably(state, operation.destination, operation);
      }
      break;
    case OperationKind::shelve:
      finish_shelve(state, operation);
      break;
    case OperationKind::remove:
      if (operation.phases.has(Phase::confirmed)) finish_confirm_or_revert(state, operation);
      if (!state.deleted) doubt(state);
      break;
    case OperationKind::none:
    case OperationKind::soft_delete:
    case OperationKind::restore:
    case OperationKind::action:
    case OperationKind::volume:
    case OperationKind::audit:
    case OperationKind::abort:
    case OperationKind::force_complete:
      break;
  }
  if (is_mover(operation.kind) || !state.mover_seen || state.mover_host == NameId::nothing) {
    state.mover_host = state.host;
    state.mover_seen = true;
  }
}

void Walk::finish_live_migration(State& state, Operation& operation) {
  const Phases& phases = operation.phases;
  Outcome outcome = operation.judged;
  if (phases.any(Phase::completed, Phase::source_done)) {
    outcome = Outcome::completed;
  } else if (phases.any(Phase::failed, Phase::rolling_back)) {
    outcome = was_aborted(operation) ? Outcome::aborted : Outcome::failed;
  } else if (operation.state_out == NameId::error) {
    outcome = Outcome::failed;
  }
  const bool end_lost = outcome == Outcome::completed && !phases.has(Phase::completed);
  const bool moved = unresolved(outcome) && phases.any(Phase::switched, Phase::at_destination);
  if (end_lost || moved) {
    if (operation.destination != NameId::nothing &&
        !names_.same_host(state.host, operation.destination)) {
      place_probably(state, operation.destination, operation);
    }
  } else if (unresolved(outcome)) {
    doubt(state);
  }
  add_migration(state, operation, MigrationKind::live_migration, outcome);
}

void Walk::finish_rebuild(State& state, Operation& operation) {
  const Phases& phases = operation.phases;
  Outcome outcome = operation.judged;
  if (phases.has(Phase::completed)) {
    outcome = Outcome::completed;
  } else if (phases.has(Phase::failed)) {
    outcome = Outcome::failed;
  } else if (phases.has(Phase::start) && operation.destination != NameId::nothing) {
    place_probably(state, operation.destination, operation);
  }
  const NameId source = operation.source != NameId::nothing ? operation.source : state.mover_host;
  const bool elsewhere = source != NameId::nothing && operation.destination != NameId::nothing &&
                         !names_.same_host(source, operation.destination);
  if (phases.has(Phase::evacuate) || elsewhere) {
    add_migration(state, operation, MigrationKind::evacuation, outcome);
  }
}

void Walk::finish_resize(State& state, Operation& operation) {
  const Phases& phases = operation.phases;
  const bool under_way = phases.any(Phase::copying, Phase::at_destination, Phase::finishing);
  Outcome outcome = operation.judged;
  if (phases.has(Phase::finished)) {
    outcome = Outcome::completed;
  } else if (operation.state_out == NameId::error || (phases.has(Phase::failed) && !under_way)) {
    outcome = Outcome::failed;  // else a failed preparation was tried again elsewhere
  }
  if (!phases.has(Phase::finished)) {
    if (phases.any(Phase::at_destination, Phase::finishing) &&
        operation.destination != NameId::nothing) {
      place_probably(state, operation.destination, operation);
    } else {
      doubt(state);
    }
  }
  add_migration(state, operation,
                operation.new_flavor ? MigrationKind::resize : MigrationKind::cold_migration,
                outcome);
}

void Walk::finish_confirm_or_revert(State& state, Operation& operation) {
  const bool revert = operation.kind == OperationKind::revert;
  std::vector<MigrationEntry>& migrations = instance_.migrations;
  const auto resize = std::find_if(migrations.rbegin(), migrations.rend(), [](const auto& entry) {
    return entry.own.kind == MigrationKind::resize ||
           entry.own.kind == MigrationKind::cold_migration;
  });
  if (resize != migrations.rend()) {
    operation.ending = {static_cast<std::size_t>(migrations.rend() - resize) - 1, resize->confirmed,
                        resize->reverted, resize->confirmed_at};
    if (revert) {
      resize->reverted = true;
    } else {
      resize->confirmed = true;
      // The end of the confirmation, not of the deletion that may have brought it about.
      for (const Fact& fact : operation.facts) {
        if (fact.rule->phase == Phase::confirmed) resize->confirmed_at = fact.generated;
      }
      const NameId destination = resize->own.destination;
      if (destination != NameId::nothing && !names_.same_host(state.host, destination)) {
        place_probably(state, destination, operation);
      }
    }
  }
  if (revert && !operation.phases.has(Phase::reverted) && operation.source != NameId::nothing) {
    place_probably(state, operation.source, operation);
  }
}

void Walk::finish_shelve(State& state, const Operation& operation) {
  const Phases& phases = operation.phases;
  if (phases.has(Phase::offloaded)) return;
  if (phases.has(Phase::shelved) && !phases.has(Phase::offloading)) return;
  if (state.vm_state == NameId::shelved_offloaded && !state.deleted) {
    place(state, NameId::nothing, Confidence::unplaced, operation, operation.facts.back());
  } else {
    doubt(state);
  }
}

void Walk::add_migration(State& state, Operation& operation, MigrationKind kind, Outcome outcome) {
  MigrationEntry entry;
  entry.request = operation.request;
  entry.own.kind = kind;
  entry.own.source = operation.source != NameId::nothing ? operation.source : state.mover_host;
  entry.own.destination = operation.destination;
  entry.own.outcome = outcome;
  entry.own.started_at = operation.first;
  if (!unresolved(outcome)) {
    entry.own.finished_at = operation.finished_at().value_or(operation.last);
  }
  operation.migration = instance_.migrations.size();
  instance_.migrations.push_back(std::move(entry));
  ++state.migrations;
}

// An abort has a request of its own. It meant the migration with the same source whose end, on the
// source's clock, is the first that is not before the abort.
bool Walk::was_aborted(const Operation& migration) const {
  return std::any_of(held_.operations.begin(), held_.operations.end(), [&](const Operation& abort) {
    if (abort.kind != OperationKind::abort) return false;
    const NameId source = abort.facts.front().publisher_host;
    if (source == NameId::nothing) return false;
    const NameId clock = names_.host_key(source);
    const Operation* meant = nullptr;
    for (const Operation& candidate : held_.operations) {
      if (candidate.kind != OperationKind::live_migration) continue;
      const ClockSpan* const span = candidate.clock(clock);
      if (span == nullptr || span->last < abort.first ||
          candidate.first - tolerance_ > abort.first) {
        continue;
      }
      if (meant == nullptr || span->last < meant->clock(clock)->last) meant = &candidate;
    }
    return meant == &migration;
  });
}

void Walk::unfinish(Operation& operation) {
  if (operation.ending) {
    MigrationEntry& ended = instance_.migrations[operation.ending->migration];
    ended.confirmed = operation.ending->confirmed;
    ended.reverted = operation.ending->reverted;
    ended.confirmed_at = operation.ending->confirmed_at;
  }
  operation.ending.reset();
  operation.migration.reset();
}

void Walk::back_to_base() {
  // Backwards, so that of two that ended the same migration the first one's undoing comes last.
  std::for_each(held_.operations.rbegin(), held_.operations.rend(),
                [this](Operation& operation) { unfinish(operation); });
  rewind(held_.base);
}

void Walk::rewind(const State& state) {
  instance_.past.resize(state.closed_intervals);
  instance_.migrations.resize(state.migrations);
}

// ---- the answer

// Could another operation have come after the one that placed the instance last?
bool Walk::is_ambiguous(std::size_t count, NameId host) {
  const auto begin = held_.operations.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  const auto mover =
      std::find_if(std::make_reverse_iterator(end), std::make_reverse_iterator(begin),
                   [](const Operation& o) { return is_mover(o.kind); });
  if (mover == std::make_reverse_iterator(begin)) return false;
  const NameId out = mover->host_out();
  return std::any_of(begin, end, [&](const Operation& other) {
    if (&other == &*mover || !is_serial(other.kind)) return false;
    const NameId other_host = is_mover(other.kind) ? other.host_out() : other.host_in();
    if (!is_mover(other.kind) && other_host == NameId::nothing) return false;
    if (names_.same_host(other_host, out) || before(other, *mover, tolerance_) != 0) return false;
    const bool chained = other_host != NameId::nothing &&
                         names_.same_host(other_host, mover->host_in()) &&
                         names_.same_host(host, out);
    return !chained;
  });
}

State Walk::settled(State state, bool ambiguous) const {
  if (ambiguous && (state.confidence == Confidence::confirmed ||
                    (state.confidence == Confidence::unplaced && state.host == NameId::nothing))) {
    state.confidence = Confidence::probable;
  }
  if (state.confidence == Confidence::unplaced && state.vm_state != NameId::shelved_offloaded &&
      state.vm_state != NameId::building && state.vm_state != NameId::error &&
      state.vm_state != NameId::nothing) {
    state.confidence = Confidence::unknown;  // it runs, but nobody said where
  }
  return state;
}

void Walk::settle() {
  instance_.answer = settled(held_.finished, held_.ambiguous);
}

}  // namespace vmtrail
