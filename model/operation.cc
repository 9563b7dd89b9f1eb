// SPDX-License-Identifier: Apache-2.0

#include "model/operation.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace vmtrail {

OperationKind joined(OperationKind so_far, OperationKind next) {
  if (so_far == OperationKind::remove || next == OperationKind::remove)
    return OperationKind::remove;
  if (is_mover(so_far)) return so_far;
  if (is_mover(next) || so_far == OperationKind::none) return next;
  return so_far;
}

namespace {

// Those whose event carries the state behind the operation, not that before it.
constexpr Phases kEnds(Phase::completed, Phase::source_done, Phase::finished, Phase::confirmed,
                       Phase::reverted, Phase::shelved, Phase::offloaded, Phase::end);

}  // namespace

NameId Operation::begins_in() const {
  switch (kind) {
    case OperationKind::confirm:
    case OperationKind::revert:
      return NameId::resized;
    case OperationKind::unshelve:
      return NameId::shelved_offloaded;
    case OperationKind::none:
    case OperationKind::boot:
    case OperationKind::live_migration:
    case OperationKind::resize:
    case OperationKind::rebuild:
    case OperationKind::shelve:
    case OperationKind::remove:
    case OperationKind::soft_delete:
    case OperationKind::restore:
    case OperationKind::action:
    case OperationKind::volume:
    case OperationKind::audit:
    case OperationKind::abort:
    case OperationKind::force_complete:
      return state_in;
  }
  return state_in;
}

NameId Operation::leads_to() const {
  const bool arrived =
      kind == OperationKind::resize && phases.any(Phase::finishing, Phase::finished);
  return arrived && state_out != NameId::error ? NameId::resized : state_out;
}

std::size_t Operation::insert(Fact&& fact) {
  judged = Outcome::in_progress;
  ids_.add(fact.message_id.text());
  if (facts.empty() || comes_before(facts.back(), fact)) {
    facts.push_back(std::move(fact));
    const OperationKind with = joined(kind, facts.back().rule->operation);
    if (facts.size() == 1) {
      kind = with;
      first = last = facts.back().generated;
      absorb(facts.back());
    } else if (with == kind) {
      absorb(facts.back());
    } else {
      sum_up();
    }
    return facts.size() - 1;
  }
  const auto place = std::upper_bound(facts.begin(), facts.end(), fact, comes_before);
  const auto index = static_cast<std::size_t>(place - facts.begin());
  facts.insert(place, std::move(fact));
  if (only_confirms(index)) {
    absorb_confirmation(index);
  } else {
    sum_up();
  }
  return index;
}

// Is what the fact adds to the sum the same wherever it stands, but for the state? Nova's updates
// rank before most of what they follow.
bool Operation::only_confirms(std::size_t index) const {
  const Fact& fact = facts[index];
  const Rule& rule = *fact.rule;
  return index > 0 && rule.database && rule.operation == OperationKind::none &&
         rule.source.front() == Witness::nobody && rule.destination.front() == Witness::nobody &&
         !fact.changes_state();
}

void Operation::absorb_confirmation(std::size_t index) {
  const auto fact = facts.begin() + static_cast<std::ptrdiff_t>(index);
  clocks_known_ = false;
  phases.add(fact->rule->phase);
  widen(fact->generated);
  deletes = deletes || fact->says_deleted();
  new_flavor = new_flavor || is_of_another_flavor(*fact);
  const auto tells_state = [](const Fact& one) {
    return one.rule->writes.vm_state && one.state != NameId::nothing;
  };
  if (tells_state(*fact) && std::none_of(fact + 1, facts.end(), tells_state)) {
    state_out = fact->state;
  }
}

void Operation::widen(Time generated) {
  first = std::min(first, generated);
  last = std::max(last, generated);
}

bool Operation::is_of_another_flavor(const Fact& fact) const {
  const NameId before = facts.front().flavor;
  return fact.flavor != NameId::nothing && before != NameId::nothing && fact.flavor != before;
}

void Operation::renew(const RequestId& by, Fact&& fact) {
  request = by;
  first = last = fact.generated;
  ids_.clear();
  ids_.add(fact.message_id.text());
  clocks_known_ = false;
  judged = Outcome::in_progress;
  facts.front() = std::move(fact);
}

void Operation::clear() {
  request = RequestId();
  // Assigning to it would keep the room that it has, or leave it without its own.
  std::destroy_at(&facts);
  std::construct_at(&facts);
  kind = OperationKind::none;
  phases = {};
  source = destination = acting_host = state_in = state_out = NameId::nothing;
  deletes = false;
  new_flavor = false;
  migration.reset();
  ended.reset();
  joinable = false;
  judged = Outcome::in_progress;
  ids_.clear();
  change_told_ = false;
  clocks_known_ = false;
}

OptionalIndex Operation::twin(std::size_t index, Side side) const {
  const Fact& fact = facts[index];
  // Several conductors save the same by turns.
  const std::size_t most = fact.rule->database ? kMostBetween + 1 : 1;
  std::size_t at = index;
  for (std::size_t i = 0; i < most; ++i) {
    if (side == Side::before ? at-- == 0 : ++at == facts.size()) return {};
    if (same_content(facts[at], fact)) return static_cast<std::uint32_t>(at);
    if (!same_but_publisher(facts[at], fact)) return {};
  }
  return {};
}

std::optional<MessageId> Operation::compact(std::size_t index) {
  if (facts.size() <= kCompactFrom || !twin(index, Side::before) || !twin(index, Side::behind)) {
    return std::nullopt;
  }
  MessageId dropped = std::move(facts[index].message_id);
  facts.erase(facts.begin() + static_cast<std::ptrdiff_t>(index));
  return dropped;
}

void Operation::sum_up() {
  kind = OperationKind::none;
  for (const Fact& fact : facts) kind = joined(kind, fact.rule->operation);
  phases = {};
  first = Time::max();
  last = Time::min();
  source = destination = acting_host = state_in = state_out = NameId::nothing;
  deletes = false;
  new_flavor = false;
  change_told_ = false;
  for (const Fact& fact : facts) absorb(fact);
}

void Operation::absorb(const Fact& fact) {
  clocks_known_ = false;
  const Rule& rule = *fact.rule;
  phases.add(rule.phase);
  widen(fact.generated);
  deletes = deletes || fact.says_deleted();
  if (rule.operation == kind || rule.operation == OperationKind::none) {
    // The last to name an end names it.
    if (const auto host = named(fact, rule.source).value_or(NameId::nothing);
        host != NameId::nothing) {
      source = host;
    }
    if (const auto host = named(fact, rule.destination).value_or(NameId::nothing);
        host != NameId::nothing) {
      // Between cells the record names the source for longer than its tasks tell, and the source
      // has a record of its own.
      const bool stale = (rule.database || rule.phase == Phase::at_destination) && host == source &&
                         destination != NameId::nothing;
      if (!stale) destination = host;
    }
  }
  if (acting_host == NameId::nothing && !rule.database) acting_host = fact.publisher_host;
  // A change reported by an update names the state before it; else a compute event before the end
  // shows it.
  if (fact.changes_state() && !change_told_) {
    state_in = fact.old_state;
    change_told_ = true;
  } else if (state_in == NameId::nothing && !rule.database && !kEnds.has(rule.phase)) {
    state_in = fact.state;
  }
  if (rule.writes.vm_state && fact.state != NameId::nothing) state_out = fact.state;
  new_flavor = new_flavor || is_of_another_flavor(fact);
}

const std::vector<ClockSpan>& Operation::clocks() const {
  if (clocks_known_) return clocks_;
  clocks_known_ = true;
  clocks_.clear();
  for (const Fact& fact : facts) {
    if (fact.publisher_host == NameId::nothing) continue;
    const auto span = std::find_if(clocks_.begin(), clocks_.end(), [&](const ClockSpan& s) {
      return s.publisher == fact.publisher_key;
    });
    if (span == clocks_.end()) {
      if (clocks_.size() < kMostClocks)
        clocks_.push_back({fact.publisher_key, fact.generated, fact.generated});
    } else {
      span->first = std::min(span->first, fact.generated);
      span->last = std::max(span->last, fact.generated);
    }
  }
  return clocks_;
}

const ClockSpan* Operation::clock(NameId publisher) const {
  const auto span = std::find_if(clocks().begin(), clocks().end(),
                                 [&](const ClockSpan& s) { return s.publisher == publisher; });
  return span == clocks_.end() ? nullptr : &*span;
}

bool Operation::closed() const {
  switch (kind) {
    case OperationKind::boot:
      return phases.has(Phase::end);
    case OperationKind::unshelve:
      return phases.has(Phase::end) || (state_out == NameId::shelved_offloaded && task_cleared());
    case OperationKind::live_migration:
      return phases.any(Phase::completed, Phase::failed, Phase::source_done);
    case OperationKind::resize:
      return phases.has(Phase::finished);
    case OperationKind::revert:
      return phases.has(Phase::reverted) || task_cleared();
    case OperationKind::rebuild:
      return phases.any(Phase::completed, Phase::failed);
    case OperationKind::shelve:
      return phases.has(Phase::offloaded) ||
             (phases.has(Phase::shelved) && !phases.has(Phase::offloading) && task_cleared());
    case OperationKind::confirm:
      return phases.has(Phase::confirmed);
    case OperationKind::none:
    case OperationKind::remove:
    case OperationKind::soft_delete:
    case OperationKind::restore:
    case OperationKind::action:
    case OperationKind::volume:
    case OperationKind::audit:
    case OperationKind::abort:
    case OperationKind::force_complete:
      return true;
  }
  return true;
}

bool Operation::has_given_up() const {
  if (phases.has(Phase::raised)) return true;
  if (!phases.has(Phase::failed)) return false;
  if (state_out == NameId::error) return true;
  const Fact* begun = nullptr;  // the last one
  for (const Fact& fact : facts) {
    if (fact.rule->phase != Phase::start) continue;
    if (begun == nullptr || fact.generated > begun->generated) begun = &fact;
  }
  return begun == nullptr || std::any_of(facts.begin(), facts.end(), [&](const Fact& fact) {
           return fact.rule->phase == Phase::failed && fact.publisher_key == begun->publisher_key;
         });
}

bool Operation::task_cleared() const {
  bool told = false;
  bool cleared = false;
  for (const Fact& fact : facts) {
    if (!fact.rule->database || !fact.task_told) continue;
    cleared = fact.task_state == NameId::nothing;
    told = told || !cleared;
  }
  return told && cleared;
}

bool Operation::over() const {
  static constexpr Kinds kBegunAndEnded(OperationKind::action, OperationKind::soft_delete,
                                        OperationKind::restore);
  const bool has_ended = phases.any(Phase::end, Phase::failed, Phase::raised);
  if (kind == OperationKind::none) {
    const auto told =
        std::find_if(facts.rbegin(), facts.rend(), [](const Fact& fact) { return fact.task_told; });
    if (told != facts.rend()) return told->task_state == NameId::nothing;
    // Ceilometer's default traits tell no task: an update that changes no state may announce one.
    return change_told_ || !std::all_of(facts.begin(), facts.end(),
                                        [](const Fact& fact) { return fact.rule->database; });
  }
  if (kind == OperationKind::remove) return has_ended || deletes;
  if (kBegunAndEnded.has(kind)) return has_ended || !phases.has(Phase::start);
  // What offloads a shelved instance later has a request of its own.
  const bool stays_shelved =
      kind == OperationKind::shelve && phases.has(Phase::shelved) && !phases.has(Phase::offloading);
  return closed() || stays_shelved;
}

NameId Operation::host_in() const {
  switch (kind) {
    case OperationKind::live_migration:
    case OperationKind::resize:
    case OperationKind::rebuild:
      return source;
    case OperationKind::action:
    case OperationKind::soft_delete:
    case OperationKind::restore:
    case OperationKind::shelve:
      return acting_host;
    case OperationKind::confirm:
    case OperationKind::revert:
      return destination;
    case OperationKind::none:
    case OperationKind::boot:
    case OperationKind::unshelve:
    case OperationKind::remove:
    case OperationKind::volume:
    case OperationKind::audit:
    case OperationKind::abort:
    case OperationKind::force_complete:
      return NameId::nothing;
  }
  return NameId::nothing;
}

NameId Operation::host_out() const {
  switch (kind) {
    case OperationKind::live_migration:
    case OperationKind::rebuild:
      return phases.has(Phase::failed) && !phases.has(Phase::completed) ? source : destination;
    case OperationKind::resize:
      return phases.has(Phase::failed) &&
                     !phases.any(Phase::at_destination, Phase::finishing, Phase::finished)
                 ? source
                 : destination;
    case OperationKind::revert:
      return source;
    case OperationKind::boot:
    case OperationKind::unshelve:
    case OperationKind::confirm:
      return destination;
    case OperationKind::none:
    case OperationKind::shelve:
    case OperationKind::remove:
    case OperationKind::soft_delete:
    case OperationKind::restore:
    case OperationKind::action:
    case OperationKind::volume:
    case OperationKind::audit:
    case OperationKind::abort:
    case OperationKind::force_complete:
      return NameId::nothing;
  }
  return NameId::nothing;
}

OptionalTime Operation::finished_at() const {
  const auto time_of = [&](Phases ends, bool own) -> OptionalTime {
    if (!phases.any(ends)) return std::nullopt;
    for (const Fact& fact : facts) {
      if (ends.has(fact.rule->phase) && (!own || fact.rule->operation == kind)) {
        return fact.generated;
      }
    }
    return std::nullopt;
  };
  // A try that failed before another succeeded is not the end.
  static constexpr Phases kSuccess(Phase::completed, Phase::finished, Phase::confirmed,
                                   Phase::reverted, Phase::offloaded, Phase::end);
  if (const auto success = time_of(kSuccess, true)) return success;
  static constexpr Phases kFailure(Phase::source_done, Phase::failed);
  if (const auto failure = time_of(kFailure, true)) return failure;
  // What broke it off, whatever still came of it.
  return time_of(Phases(Phase::raised, Phase::raised_after_switch, Phase::rolling_back), false);
}

Duration Operation::limit() const {
  const auto newest =
      std::max_element(facts.begin(), facts.end(),
                       [](const Fact& a, const Fact& b) { return a.generated < b.generated; });
  return newest->rule->limit;
}

Outcome Operation::judgement() const {
  return phases.any(Phase::switched, Phase::at_destination, Phase::finishing) ? Outcome::uncertain
                                                                              : Outcome::stuck;
}

}  // namespace vmtrail
