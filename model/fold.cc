// SPDX-License-Identifier: Apache-2.0
// Folding: whole operations older than the horizon become part of the base state.

#include <algorithm>
#include <utility>

#include "model/forget.h"
#include "model/impl.h"
#include "model/walk.h"

namespace vmtrail {

namespace {

// How long behind its last fact an operation that has ended, but is not over, is waited for:
// migrations wait in a queue, and a large disk or memory is written, for hours.
constexpr Duration kPatience = std::chrono::hours{6};

// Will more come of it?
bool is_awaited(const Operation& operation, Time now, const Model::Options& options) {
  if (operation.over()) return false;
  const Duration patience =
      operation.has_ended() ? std::min(kPatience, options.quiet) : options.quiet;
  return operation.last > now - patience;
}

// The longest prefix of the order in which every operation is over, ended more than the horizon
// before the instance's newest fact, and which no later operation overlaps.
std::size_t foldable(const Instance& instance, Time now, const Model::Options& options) {
  const Operations& operations = instance.held->operations;
  const Time old = now - options.horizon;
  const auto may_go = [&](const Operation& operation) {
    // What may be told of it later, see Walk::apply().
    const Duration longer = leaves_live_host(operation.kind) ? kAuditAge
                            : operation.serial()             ? options.clock_tolerance
                                                             : Duration::zero();
    return operation.last < old - longer && !is_awaited(operation, now, options);
  };
  const auto begin = operations.begin();
  auto end = std::find_if_not(begin, operations.end(), may_go);
  // What follows closely may repeat what was so before: an update the task, an audit the host.
  const auto begins = [&](const Operation& operation) {
    return operation.kind == OperationKind::none    ? operation.first - options.clock_tolerance
           : operation.kind == OperationKind::audit ? operation.first - kAuditAge
                                                    : operation.first;
  };
  Time first_behind = Time::max();
  for (auto behind = operations.end();;) {
    // What reaches into what stays, stays, and all behind it.
    std::for_each(end, behind,
                  [&](const Operation& o) { first_behind = std::min(first_behind, begins(o)); });
    behind = end;
    end = std::find_if(begin, end, [&](const Operation& o) { return o.last >= first_behind; });
    if (end == behind) return static_cast<std::size_t>(end - begin);
  }
}

// What has ended, or was overtaken by another that Nova runs one at a time, and that long ago that
// nothing of it can be on its way: the oldest of these, without one between them that is not.
std::size_t past(const Instance& instance, Time now, const Model::Options& options) {
  const Operations& operations = instance.held->operations;
  std::size_t overtaken = operations.size();  // all before the last serial one are
  while (overtaken > 0 && !operations[overtaken - 1].serial()) --overtaken;
  std::size_t count = 0;
  for (const Operation& operation : operations) {
    const bool goes_on = !operation.has_ended() && count + 1 >= overtaken;
    if (goes_on || operation.last >= now - options.horizon) break;
    ++count;
  }
  return count;
}

}  // namespace

void Model::Impl::fold_some(Instance& instance) {
  if (instance.held->operations.size() > kMaxOperations) {
    make_room(instance);
  } else if (const std::size_t count = foldable(instance, now_of(instance), options); count > 0) {
    fold(instance, count);
  }
}

// Never what is still going on: that would lose its end.
void Model::Impl::make_room(Instance& instance) {
  Operations& operations = instance.held->operations;
  if (const std::size_t count = past(instance, now_of(instance), options); count > 0) {
    return fold(instance, std::min(count, kMaxOperations / 2));
  }
  const auto bystander =
      std::find_if(operations.begin(), operations.end() - 1, [](const Operation& o) {
        return !o.serial() && o.kind != OperationKind::abort && o.kind != OperationKind::remove;
      });
  if (bystander != operations.end() - 1) {
    for (const Fact& fact : bystander->facts) remember(fact.message_id);
    Walk walk(instance, spares, names, options.clock_tolerance);
    walk.drop(static_cast<std::size_t>(bystander - operations.begin()));
    return;
  }
  const auto open = std::find_if(operations.begin(), operations.end(),
                                 [](const Operation& operation) { return !operation.closed(); });
  const auto over = static_cast<std::size_t>(open - operations.begin());
  if (const std::size_t count = std::min(over, kMaxOperations / 2); count > 0)
    fold(instance, count);
}

void Model::Impl::fold(Instance& instance, std::size_t count) {
  instance.remembered.forget_before(stream.value_or(Time::min()));
  for (std::size_t i = 0; i < count; ++i) note_folded(instance, instance.held->operations[i]);
  Walk walk(instance, spares, names, options.clock_tolerance);
  if (options.trail > 0) walk.trace_to(&trail_of(instance));
  walk.fold(count, [this](Operations::Owned folded) { spares.keep(std::move(folded)); });
  if (instance.trail && instance.trail->size() > 4 * options.trail) {
    prune(*instance.trail, options.trail, instance.base().decided_by);
  }
  if (instance.held->operations.empty()) {
    spares.keep(instance.held->steps.take());
    instance.held.reset();
    return;
  }
  instance.held->ids.clear();
  for (const Operation& left : instance.held->operations) instance.held->ids.add(left.ids());
}

void Model::Impl::note_folded(Instance& instance, const Operation& operation) {
  instance.cut = std::max(instance.cut, operation.last);
  if (!operation.request.empty()) instance.folded.add(operation.request);
  const Time until = remembered_until();
  instance.remembered.add(operation, until);
  if (!operation.joinable) return;
  requests.remove(operation.request, instance.place);
  // A copy of what names no instance is not looked for in one.
  for (const Fact& fact : operation.facts) {
    if (fact.rule->about == About::request) seen.add(fact.message_id, until);
  }
}

bool Model::Impl::awaits_more(const Instance& instance, Time now) const {
  const Operations& operations = instance.held->operations;
  return std::any_of(operations.begin(), operations.end(),
                     [&](const Operation& one) { return is_awaited(one, now, options); });
}

bool Model::Impl::fold_quiet(Time now, Duration quiet, std::size_t most, RecordConsumer& records) {
  while (!waiting.empty() && waiting.top().since + quiet < now) {
    const Waiting longest = waiting.top();
    Instance& instance = instances.wake(longest.place);
    waiting.pop();
    if (!instance.held) {  // meanwhile all of it was folded, or had no rule any more
      instance.queued = false;
      leave(instance);
      continue;
    }
    if (instance.newest > longest.since) {
      waiting.push({instance.newest, instance.place});
      continue;
    }
    if (const Time due = longest.since + quiet; awaits_more(instance, due)) {
      waiting.push({due, instance.place});  // to be looked at again
      continue;
    }
    if (most-- == 0) {
      waiting.push(longest);
      return true;
    }
    instance.queued = false;
    note_before(instance, true);
    fold(instance, instance.held->operations.size());
    instances.mark_changed(instance);
    settle_hosts(was.answer.host, instance);
    Changes::Occasion occasion;
    occasion.time = now;
    occasion.at_end = true;
    changes.tell(was, instance, occasion, records);
    trim_history(instance);
    leave(instance);
  }
  return false;
}

}  // namespace vmtrail
