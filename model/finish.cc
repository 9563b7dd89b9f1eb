// SPDX-License-Identifier: Apache-2.0
// The end of an operation: its outcome, and what must be so though nobody said it.

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "model/room.h"
#include "model/walk.h"

namespace vmtrail {

namespace {

// Has Nova's record told the host since the last fact of one of these phases? Then nothing needs to
// be implied.
bool record_told_since(const Operation& operation, std::initializer_list<Phase> phases) {
  for (auto fact = operation.facts.rbegin(); fact != operation.facts.rend(); ++fact) {
    if (std::find(phases.begin(), phases.end(), fact->rule->phase) != phases.end()) return false;
    if (fact->rule->database && fact->carries(Witness::payload)) return true;
  }
  return false;
}

// The host that Nova's record told last with no task left.
NameId told_by_record(const Operation& operation) {
  const auto told =
      std::find_if(operation.facts.rbegin(), operation.facts.rend(), [](const Fact& fact) {
        return fact.rule->database && fact.carries(Witness::payload) && fact.task_told &&
               fact.task_state == NameId::nothing;
      });
  return told == operation.facts.rend() ? NameId::nothing : told->payload_host;
}

}  // namespace

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
      finish_boot_or_unshelve(state, operation);
      break;
    case OperationKind::shelve:
      finish_shelve(state, operation);
      break;
    case OperationKind::remove:
      if (operation.phases.has(Phase::confirmed)) finish_confirm_or_revert(state, operation);
      if (!state.deleted && !operation.phases.has(Phase::raised)) doubt(state);
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
  if (is_mover(operation.kind) || state.mover_host == NameId::nothing) {
    state.mover_host = state.host;
  }
}

void Walk::finish_boot_or_unshelve(State& state, const Operation& operation) {
  if (operation.phases.has(Phase::end) || state.deleted) return;
  if (state.host != NameId::nothing) {
    // Only a claim of what has failed since.
    if (operation.kind == OperationKind::unshelve && operation.phases.has(Phase::raised) &&
        state.vm_state == NameId::shelved_offloaded) {
      place(state, NameId::nothing, Confidence::unplaced, operation, operation.facts.back());
    }
    return;
  }
  if (state.vm_state == NameId::active && operation.destination != NameId::nothing) {
    place_probably(state, operation.destination, operation);  // a try that failed went before
  } else if (operation.has_given_up()) {
    if (state.confidence == Confidence::unknown) state.confidence = Confidence::unplaced;
  } else if (!operation.closed() && (operation.kind == OperationKind::unshelve ||
                                     operation.judged != Outcome::in_progress)) {
    state.confidence = Confidence::probable;  // by now it may have one
  }
}

void Walk::finish_live_migration(State& state, Operation& operation) {
  const Phases& phases = operation.phases;
  Outcome outcome = operation.judged;
  if (phases.any(Phase::completed, Phase::source_done)) {
    outcome = Outcome::completed;
  } else if (phases.any(Phase::failed, Phase::rolling_back)) {
    outcome = was_aborted(operation) ? Outcome::aborted : Outcome::failed;
  } else if (operation.state_out == NameId::error || phases.has(Phase::raised)) {
    outcome = Outcome::failed;
  }
  const bool end_lost = outcome == Outcome::completed && !phases.has(Phase::completed);
  // What fails after the switch fails while the guest runs at the destination.
  const bool moved = outcome != Outcome::completed &&
                     !phases.any(Phase::failed, Phase::rolling_back) &&
                     phases.any(Phase::switched, Phase::at_destination);
  const bool elsewhere = operation.destination != NameId::nothing &&
                         !names_.same_host(state.host, operation.destination);
  if (end_lost || moved) {
    const bool told = record_told_since(
        operation, {Phase::switched, Phase::raised_after_switch, Phase::at_destination});
    const bool left =
        operation.source != NameId::nothing && !names_.same_host(state.host, operation.source);
    if (elsewhere && !told) {
      place_probably(state, operation.destination, operation);
    } else if (elsewhere ||
               (operation.destination == NameId::nothing && !(left && (told || end_lost)))) {
      doubt(state);  // the guest has left the host that Nova's record names, or the last one told
    }
  } else if (is_open(outcome)) {
    doubt(state);
  } else if (phases.has(Phase::rolling_back) && !phases.has(Phase::failed) &&
             operation.source != NameId::nothing &&
             !names_.same_host(state.host, operation.source)) {
    place_probably(state, operation.source, operation);  // which the guest never left
  }
  add_migration(state, operation, MigrationKind::live_migration, outcome);
}

void Walk::finish_rebuild(State& state, Operation& operation) {
  const Phases& phases = operation.phases;
  Outcome outcome = operation.judged;
  const NameId source = operation.source != NameId::nothing ? operation.source : state.mover_host;
  const bool both_known = source != NameId::nothing && operation.destination != NameId::nothing;
  const bool elsewhere = both_known && !names_.same_host(source, operation.destination);
  const bool is_there = both_known && names_.same_host(state.host, operation.destination);
  if (phases.has(Phase::completed)) {
    outcome = Outcome::completed;
  } else if (phases.any(Phase::failed, Phase::raised)) {
    outcome = Outcome::failed;
  } else if (elsewhere && names_.same_host(told_by_record(operation), operation.destination)) {
    outcome = Outcome::completed;  // the record names the new host at the very end
  } else if (is_there && !phases.has(Phase::evacuate)) {
    // It cannot move.
  } else if (phases.has(Phase::start) && operation.destination != NameId::nothing) {
    place_probably(state, operation.destination, operation);
  } else {
    doubt(state);
  }
  if (phases.has(Phase::evacuate) || elsewhere) {
    add_migration(state, operation, MigrationKind::evacuation, outcome);
  }
}

void Walk::finish_resize(State& state, Operation& operation) {
  const Phases& phases = operation.phases;
  const bool under_way = phases.any(Phase::copying, Phase::at_destination, Phase::finishing);
  const bool finished = phases.has(Phase::finished);
  const bool resized = operation.state_out == NameId::resized;
  Outcome outcome = operation.judged;
  if (finished || (resized && outcome != Outcome::in_progress)) {
    outcome = Outcome::completed;  // by now its end is lost
  } else if (operation.state_out == NameId::error || phases.has(Phase::raised) ||
             (phases.has(Phase::failed) && !under_way) ||
             (under_way && !resized && operation.task_cleared())) {
    outcome = Outcome::failed;  // else a failed preparation was tried again elsewhere
  }
  const bool told =
      (outcome == Outcome::failed || resized) &&
      record_told_since(operation, {Phase::copying, Phase::at_destination, Phase::finishing});
  if (!finished && !told) {
    if ((resized || phases.any(Phase::at_destination, Phase::finishing)) &&
        operation.destination != NameId::nothing) {
      place_probably(state, operation.destination, operation);
    } else if (under_way || outcome != Outcome::failed) {
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
    return entry.own().kind == MigrationKind::resize ||
           entry.own().kind == MigrationKind::cold_migration;
  });
  if (resize != migrations.rend()) {
    const auto place = static_cast<std::uint32_t>(migrations.rend() - resize - 1);
    instance_.ended.push_back(place);
    MigrationEnding ending = resize->ending();
    operation.ended = place;
    operation.ended_before = ending;
    if (revert) {
      ending.reverted = true;
    } else {
      ending.confirmed = true;
      // The end of the confirmation, not of the deletion that may have brought it about.
      for (const Fact& fact : operation.facts) {
        if (fact.rule->phase == Phase::confirmed) ending.confirmed_at = fact.generated;
      }
      const NameId destination = resize->own().destination;
      if (destination != NameId::nothing && !names_.same_host(state.host, destination)) {
        place_probably(state, destination, operation);
      }
    }
    resize->set_ending(ending);
  }
  if (revert)
    finish_revert(state, operation,
                  resize == migrations.rend() ? NameId::nothing : resize->own().source);
}

// It goes back to where the resize began; the publisher says the same, unless it is a conductor,
// which reverts between cells.
void Walk::finish_revert(State& state, const Operation& operation, NameId began_on) {
  const NameId back = began_on != NameId::nothing ? began_on : operation.source;
  const bool told =
      std::any_of(operation.facts.begin(), operation.facts.end(), [](const Fact& fact) {
        return fact.carries(Witness::payload) && fact.rule->phase == Phase::reverted;
      });
  if (back == NameId::nothing || told) return;
  if (operation.task_cleared() && names_.same_host(state.host, back)) return;  // the record says so
  if (!operation.phases.has(Phase::reverted) || !names_.same_host(state.host, back)) {
    place_probably(state, back, operation);
  }
}

void Walk::finish_shelve(State& state, const Operation& operation) {
  const Phases& phases = operation.phases;
  if (phases.has(Phase::offloaded)) return;
  if (phases.has(Phase::raised) && !phases.has(Phase::offloading)) return;
  if (phases.has(Phase::shelved) && !phases.has(Phase::offloading)) return;
  const bool is_offloaded = state.vm_state == NameId::shelved_offloaded;
  if (operation.task_cleared() && !is_offloaded && !phases.has(Phase::offloading)) return;
  if (is_offloaded && !state.deleted) {
    place(state, NameId::nothing, Confidence::unplaced, operation, operation.facts.back());
  } else {
    doubt(state);
  }
}

void Walk::add_migration(State& state, Operation& operation, MigrationKind kind, Outcome outcome) {
  MigrationView own;
  own.kind = kind;
  own.source = operation.source != NameId::nothing ? operation.source : state.mover_host;
  own.destination = operation.destination;
  own.outcome = outcome;
  own.started_at = operation.first;
  if (!is_open(outcome)) own.finished_at = operation.finished_at().value_or(operation.last);
  operation.migration = static_cast<std::uint32_t>(instance_.migrations.size());
  reserve_one(instance_.migrations, 2);
  instance_.migrations.emplace_back(operation.request, own);
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

}  // namespace vmtrail
