// SPDX-License-Identifier: Apache-2.0
// What a quiet instance is told, and knows: the hourly audits of a whole cloud.

#include <algorithm>
#include <optional>
#include <utility>

#include "model/impl.h"

namespace vmtrail {

namespace {

// Is the instance in a plain state, about which nothing is in doubt?
bool is_plain(const Instance& instance) {
  const Held& held = *instance.held;
  const State& state = instance.answer;
  return state.confidence == Confidence::confirmed && held.finished == Confidence::confirmed &&
         !held.ambiguous && !state.deleted && state.host != NameId::nothing &&
         state.mover_host != NameId::nothing && state.vm_state != NameId::shelved_offloaded &&
         instance.base().migrations == state.migrations && instance.ended.empty();
}

// Does a fact that is an operation of its own, beside others, tell nothing but the time?
bool tells_what_is_known(const Fact& fact, const State& state) {
  const Rule& rule = *fact.rule;
  const std::optional<NameId> host = named(fact, rule.host);
  return (rule.operation == OperationKind::audit || rule.operation == OperationKind::none) &&
         rule.phase == Phase::none && rule.source.front() == Witness::nobody &&
         rule.destination.front() == Witness::nobody && (!host || *host == state.host) &&
         confirms(fact, state);
}

}  // namespace

bool Model::Impl::renew(Instance& instance, const RequestId& request, Fact& fact) {
  if (!instance.held || instance.held->operations.size() != 1 || options.trail != 0) return false;
  Held& held = *instance.held;
  Operation& operation = held.operations.front();
  const Time now = std::min(fact.generated, stream.value_or(fact.generated));
  const Duration apart = std::max(options.horizon, options.clock_tolerance);
  if (fact.generated < instance.newest || operation.last >= now - apart || !operation.over() ||
      operation.deletes || requests.waits_for(request) || !is_plain(instance) ||
      !tells_what_is_known(fact, instance.answer)) {
    return false;
  }
  State& state = instance.answer;
  state.left_state = NameId::nothing;
  held.before = state.effective;
  if (held.steps) {
    spares.keep(held.steps.take());
    trim_history(instance);
  }
  state.effective = std::max(state.effective, fact.generated);

  instance.remembered.forget_before(stream.value_or(Time::min()));
  note_folded(instance, operation);
  instance.newest = fact.generated;
  instances.mark_changed(instance);
  if (operation.facts.size() == 1 && !operation.joinable &&
      same_content(operation.facts.front(), fact)) {
    operation.renew(request, std::move(fact));
  } else {
    spares.empty(operation);
    operation.request = request;
    operation.insert(std::move(fact));
  }
  held.ids = operation.ids();
  return true;
}

}  // namespace vmtrail
