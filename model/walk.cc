// SPDX-License-Identifier: Apache-2.0

#include "model/walk.h"

#include <algorithm>
#include <utility>

#include "model/order.h"
#include "model/room.h"

namespace vmtrail {

namespace {

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

// Most parts of a state are told again as they are, and it is copied soon: see OptionalTime::put().
template <class Part>
inline void set_if_other(Part& part, Part value) {
  if (part != value) part = value;
}

void write_attributes(State& state, const Fact& fact) {
  const bool may_write = fact.rule->writes.attributes;
  if (fact.name != NameId::nothing && (may_write || state.name == NameId::nothing)) {
    set_if_other(state.name, fact.name);
  }
  if (fact.project_id != NameId::nothing && (may_write || state.project_id == NameId::nothing)) {
    set_if_other(state.project_id, fact.project_id);
  }
}

void write_states(State& state, const Fact& fact, bool counts) {
  const Rule& rule = *fact.rule;
  if (state.host == NameId::nothing && rule.writes.vm_state &&
      (fact.state == NameId::building || fact.old_state == NameId::building)) {
    state.building = true;
  }
  const bool may_write = counts || state.vm_state == NameId::nothing;
  // Of two updates of equal rank, by controllers whose clocks differ, the one that still tells the
  // state before a change was sent before the one that tells the change.
  const bool before_change = rule.database && fact.old_state == fact.state &&
                             fact.state == state.left_state && rule.rank == state.left_rank;
  if (rule.writes.vm_state && fact.state != NameId::nothing && !before_change &&
      (may_write || fact.changes_state())) {
    set_if_other(state.vm_state, fact.state);
    if (rule.database && fact.changes_state()) {
      state.left_state = fact.old_state;
      state.left_rank = static_cast<std::int8_t>(rule.rank);
    }
  }
  if (state.building && state.vm_state != NameId::building && state.vm_state != NameId::error &&
      state.vm_state != NameId::nothing) {
    state.building = false;
  }
  if (fact.power != PowerState::unknown &&
      (rule.writes.vm_state || rule.power != PowerState::unknown) &&
      (may_write || state.power == PowerState::unknown)) {
    set_if_other(state.power, fact.power);
  }
}

}  // namespace

// ---- the ways through

void Walk::step() {
  Operation& last = held_.operations.back();
  unfinish(last);
  rewind(steps_.open);
  apply(steps_.open, last, last.facts.back());
  end_of_last();
}

void Walk::step_into_last() {
  Operation& last = held_.operations.back();
  if (held_.operations.size() > 1) {
    steps_.prefix = instance_.answer;
    steps_.prefix.confidence = held_.finished;
  }
  steps_.open = prefix();
  apply(steps_.open, last, last.facts.back());
  end_of_last();
}

void Walk::step_within_last(Time generated) {
  unfinish(held_.operations.back());
  rewind(steps_.open);
  steps_.open.effective = std::max(steps_.open.effective, generated);
  steps_.open.moved_at = std::max(steps_.open.moved_at, generated);
  end_of_last();
}

// Most of Nova's updates rank before what they follow, and tell what is known. A field that is told
// as it is in the end was either that already, or is written again later. Where the instance is
// does not depend on the others while no fact of the operation has placed it, nor does what comes
// of its intervals depend on the times. What shelves or rebuilds looks at more than the last
// writers, and so does a fact that tells of an instance which is offloaded.
bool Walk::only_confirms(const Fact& fact) const {
  const Operation& last = held_.operations.back();
  const State& before = prefix();
  const State& after = steps_.open;
  const Rule& rule = *fact.rule;
  const std::optional<NameId> host = named(fact, rule.host);
  return rule.database && rule.phase == Phase::none && is_serial(last.kind) &&
         last.kind != OperationKind::shelve && last.kind != OperationKind::unshelve &&
         last.kind != OperationKind::rebuild && before.host != NameId::nothing &&
         before.confidence == Confidence::confirmed && before.decided_by == after.decided_by &&
         before.vm_state != NameId::shelved_offloaded &&
         after.vm_state != NameId::shelved_offloaded && !after.deleted &&
         (!host || *host == before.host) && confirms(fact, after) &&
         std::none_of(&fact + 1, last.facts.data() + last.facts.size(),
                      [](const Fact& later) { return later.state == NameId::shelved_offloaded; });
}

void Walk::repeat_last() {
  Operation& last = held_.operations.back();
  unfinish(last);
  const State& before = prefix();
  rewind(before);
  steps_.open = before;
  for (const Fact& fact : last.facts) apply(steps_.open, last, fact);
  end_of_last();
  // It may have been something else before.
  const bool ambiguous = is_ambiguous(held_.operations.size(), instance_.answer.host);
  if (ambiguous != held_.ambiguous) {
    held_.ambiguous = ambiguous;
    settle();
  }
}

void Walk::from_base() {
  back_to_base();
  put_in_order(held_.operations, steps_.base, tolerance_, names_);
  State& state = instance_.answer;
  state = steps_.base;
  for (Operation& operation : held_.operations) {
    const bool last = &operation == &held_.operations.back();
    if (last && held_.operations.size() > 1) steps_.prefix = state;
    for (const Fact& fact : operation.facts) apply(state, operation, fact);
    if (last) steps_.open = state;
    finish(state, operation);
  }
  held_.finished = state.confidence;
  held_.ambiguous = is_ambiguous(held_.operations.size(), state.host);
  settle(state, held_.ambiguous);
}

bool Walk::settle_first(std::size_t count) {
  const auto end = held_.operations.begin() + static_cast<std::ptrdiff_t>(count);
  const bool closed = trail_ == nullptr &&
                      std::all_of(held_.operations.begin(), end,
                                  [](const Operation& operation) { return operation.closed(); });
  if (closed && end == held_.operations.end()) {
    steps_.base = instance_.answer;
    return true;
  }
  if (closed && end + 1 == held_.operations.end()) {
    steps_.base = steps_.prefix;
    settle(steps_.base, is_ambiguous(count, steps_.base.host));
    return steps_.base.confidence == steps_.prefix.confidence;
  }
  back_to_base();
  State state = steps_.base;
  std::for_each(held_.operations.begin(), end, [&](Operation& operation) {
    // Whatever has not ended by now is judged for good.
    if (!operation.closed()) operation.judged = operation.judgement();
    for (const Fact& fact : operation.facts) apply(state, operation, fact);
    finish(state, operation);
  });
  settle(state, is_ambiguous(count, state.host));
  steps_.base = std::move(state);
  return false;
}

void Walk::after_fold(bool same) {
  if (!same) {
    trail_ = nullptr;  // what is not folded can still change
    from_base();
  } else if (!held_.operations.empty() && held_.ambiguous) {
    held_.ambiguous = false;  // there is nothing left that could have come after the last
    settle();
  }
}

// The last operation is certainly after all others: if it can place the instance, nothing came
// after that. Else the doubts are those of before, unless the host is another now.
void Walk::end_of_last() {
  Operation& last = held_.operations.back();
  State& answer = instance_.answer;
  const NameId host_before = answer.host;
  answer = steps_.open;
  finish(answer, last);
  held_.finished = answer.confidence;
  if (last.may_place()) {
    held_.ambiguous = false;
  } else if (answer.host != host_before) {
    held_.ambiguous = is_ambiguous(held_.operations.size(), answer.host);
  }
  settle(answer, held_.ambiguous);
}

void Walk::drop(std::size_t position) {
  back_to_base();
  held_.operations.erase(position);
  from_base();
}

// ---- one fact

void Walk::apply(State& state, const Operation& operation, const Fact& fact) {
  const bool serial = operation.serial();
  const bool offloaded_before = state.vm_state == NameId::shelved_offloaded;
  state.effective = std::max(state.effective, fact.generated);
  // Bystanders only confirm, unless they come well after the newest serial fact.
  const bool stale =
      operation.kind == OperationKind::audit && has_just_left(state, operation, fact);
  const bool counts = serial || (fact.generated > state.moved_at + tolerance_ && !stale);
  if (&fact == &operation.facts.front()) state.left_state = NameId::nothing;
  write_attributes(state, fact);
  write_states(state, fact, counts);
  if (fact.rule->writes.task_state && fact.task_told &&
      (counts || !is_task_of_others(operation, fact))) {
    set_if_other(state.task_state, fact.task_state);
  }
  Told told = stale ? Told{named(fact, fact.rule->host), Treatment::bystander}
                    : write_host(state, operation, fact, counts, offloaded_before);
  if (fact.says_deleted()) {
    told = {NameId::nothing, state.deleted ? Treatment::agreed : Treatment::placed};
    if (!state.deleted) write_deletion(state, fact);
  }
  if (trail_ != nullptr) trail_->push_back(trail_entry(fact, told.host, told.treatment));
  if (serial) state.moved_at = std::max(state.moved_at, fact.generated);
}

// The hourly audit reads its list once and then sends an event for each instance, so that it may
// name the host that the instance has left meanwhile.
bool Walk::has_just_left(const State& state, const Operation& audit, const Fact& fact) const {
  const std::optional<NameId> host = named(fact, fact.rule->host);
  if (!host || *host == NameId::nothing || state.host == NameId::nothing) return false;
  if (names_.same_host(*host, state.host)) return false;
  const Operation* last = nullptr;
  for (const Operation& other : held_.operations) {
    if (&other == &audit) break;
    if (is_mover(other.kind)) last = &other;
  }
  return last != nullptr && leaves_live_host(last->kind) &&
         last->last + kAuditAge >= fact.generated && names_.same_host(last->host_in(), *host) &&
         names_.same_host(last->host_out(), state.host);
}

// What saves metadata during an operation tells the operation's task, by a clock that may be ahead.
bool Walk::is_task_of_others(const Operation& bystander, const Fact& fact) const {
  if (fact.task_state == NameId::nothing) return false;
  const auto tells_it = [&](const Fact& one) {
    return one.task_told && one.task_state == fact.task_state;
  };
  for (const Operation& other : held_.operations) {
    if (&other == &bystander) return false;
    if (other.serial() && other.last + tolerance_ >= fact.generated &&
        std::any_of(other.facts.begin(), other.facts.end(), tells_it)) {
      // A live migration's new host and the end of its task are saved at once.
      return other.kind != OperationKind::live_migration || !fact.carries(Witness::payload) ||
             !names_.same_host(fact.payload_host, other.host_out());
    }
  }
  return false;
}

inline Walk::Told Walk::write_host(State& state, const Operation& operation, const Fact& fact,
                                   bool counts, bool offloaded_before) {
  const Rule& rule = *fact.rule;
  std::optional<NameId> host = named(fact, rule.host);
  // Nova's record still names the old host when it first says so, and the new one while it
  // unshelves.
  const bool offloaded = rule.writes.vm_state && fact.state == NameId::shelved_offloaded &&
                         (rule.database ? !host || operation.kind != OperationKind::unshelve
                                        : !host && !offloaded_before);
  if (offloaded) host = NameId::nothing;
  if (!host) return {host, Treatment::no_witness};
  // Inside an evacuation the new host powers the guest off before it is its host.
  if (operation.kind == OperationKind::rebuild && rule.operation != OperationKind::rebuild &&
      !rule.database) {
    return {host, Treatment::rebuilding};
  }
  if (state.deleted) return {host, Treatment::deleted};
  // It shows where the guest is in the middle of a migration, not where that leads.
  if (Kinds(OperationKind::abort, OperationKind::force_complete).has(rule.operation)) {
    if (state.host != NameId::nothing) return {host, Treatment::bystander};
    place(state, *host, Confidence::probable, operation, fact);
    return {host, Treatment::placed};
  }
  const bool unsure =
      state.confidence == Confidence::unknown || state.confidence == Confidence::probable;
  const bool news = !names_.same_host(*host, state.host) ||
                    state.confidence == Confidence::probable ||
                    (state.confidence == Confidence::unknown && *host == NameId::nothing);
  if (!news) return {host, Treatment::agreed};
  const bool offloads = offloaded && state.vm_state == NameId::shelved_offloaded;
  if (!counts && !unsure && !offloads) return {host, Treatment::bystander};
  place(state, *host, *host == NameId::nothing ? Confidence::unplaced : Confidence::confirmed,
        operation, fact);
  return {host, Treatment::placed};
}

void Walk::write_deletion(State& state, const Fact& fact) {
  // It comes last in the order, behind facts that may be newer; but it ended when it was deleted.
  close_interval(state, std::max(state.since, fact.generated));
  state.host = NameId::nothing;
  state.confidence = Confidence::deleted;
  state.deleted = true;
  state.decided_by = fact.message_id;
  state.decided_event_type = fact.event_type;
  state.decided_rule = fact.rule;
}

void Walk::close_interval(State& state, Time at) {
  // An interval without length is no time anywhere.
  if (state.interval_open && at > state.since) {
    reserve_one(instance_.past, 4);
    instance_.past.push_back({state.since, at, state.host, state.confidence, state.cause});
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
  if (host != NameId::nothing) state.building = false;
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

void Walk::unfinish(Operation& operation) {
  if (operation.ended) {
    instance_.ended.push_back(*operation.ended);
    instance_.migrations[*operation.ended].set_ending(operation.ended_before);
  }
  operation.ended.reset();
  operation.migration.reset();
}

void Walk::back_to_base() {
  // Backwards, so that of two that ended the same migration the first one's undoing comes last.
  for (std::size_t i = held_.operations.size(); i-- > 0;) unfinish(held_.operations[i]);
  rewind(steps_.base);
}

// ---- the answer

// Could another operation have come after the one that placed the instance last?
bool Walk::is_ambiguous(std::size_t count, NameId host) {
  if (count < 2) return false;
  const auto begin = held_.operations.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  const auto none = std::make_reverse_iterator(begin);
  const auto mover = std::find_if(std::make_reverse_iterator(end), none,
                                  [](const Operation& o) { return o.may_place(); });
  if (mover == none) return false;
  const NameId out = mover->host_out();
  const auto is_chained = [&](NameId other_host, const Operation& to) {
    return other_host != NameId::nothing && names_.same_host(other_host, to.host_in()) &&
           names_.same_host(host, out);
  };
  // What a confirmation confirms has led there: what comes before that comes before both.
  const auto led = mover->kind != OperationKind::confirm
                       ? none
                       : std::find_if(mover, none, [&](const Operation& o) {
                           return is_mover(o.kind) && names_.same_host(o.host_out(), out);
                         });
  return std::any_of(begin, end, [&](const Operation& other) {
    if (&other == &*mover || !is_serial(other.kind)) return false;
    const NameId other_host = is_mover(other.kind) ? other.host_out() : other.host_in();
    if (!is_mover(other.kind) && other_host == NameId::nothing) return false;
    if (names_.same_host(other_host, out) || before(other, *mover, tolerance_) != 0) return false;
    if (led != none && (before(other, *led, tolerance_) < 0 || is_chained(other_host, *led))) {
      return false;
    }
    return !is_chained(other_host, *mover);
  });
}

void Walk::settle(State& state, bool ambiguous) {
  if (ambiguous && (state.confidence == Confidence::confirmed ||
                    (state.confidence == Confidence::unplaced && state.host == NameId::nothing))) {
    state.confidence = Confidence::probable;
  }
  if (state.confidence == Confidence::unplaced && state.vm_state != NameId::shelved_offloaded &&
      state.vm_state != NameId::building && state.vm_state != NameId::error &&
      state.vm_state != NameId::nothing) {
    state.confidence = Confidence::unknown;  // it runs, but nobody said where
  }
  if (state.confidence == Confidence::unknown && state.host == NameId::nothing &&
      (state.vm_state == NameId::building || (state.vm_state == NameId::error && state.building))) {
    state.confidence = Confidence::unplaced;
  }
}

void Walk::settle() {
  instance_.answer.confidence = held_.finished;
  settle(instance_.answer, held_.ambiguous);
}

}  // namespace vmtrail
