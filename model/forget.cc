// SPDX-License-Identifier: Apache-2.0

#include "model/forget.h"

#include <algorithm>

#include "model/impl.h"

namespace vmtrail {

namespace {

template <class Each>
void for_each_state(Instance& instance, Each each) {
  each(instance.answer);
  if (!instance.held || !instance.held->steps) return;
  Steps& steps = *instance.held->steps;
  each(steps.base);
  each(steps.open);
  if (instance.held->operations.size() > 1) each(steps.prefix);
}

std::uint32_t old_intervals(const Instance& instance, Time before) {
  const auto folded =
      instance.past.begin() + static_cast<std::ptrdiff_t>(instance.base().closed_intervals);
  const auto first = std::find_if(instance.past.begin(), folded,
                                  [&](const ClosedInterval& one) { return one.to >= before; });
  return static_cast<std::uint32_t>(first - instance.past.begin());
}

// Those that never ended are as old as their beginning. Store::expire() goes by the same.
std::uint32_t old_migrations(const Instance& instance, Time before) {
  std::size_t most = instance.migrations.size();
  if (instance.held) {
    most = instance.base().migrations;
    // A confirm that is not folded may yet be undone by a late fact.
    for (const Operation& operation : instance.held->operations) {
      if (operation.ended) most = std::min<std::size_t>(most, *operation.ended);
    }
  }
  const auto end = instance.migrations.begin() + static_cast<std::ptrdiff_t>(most);
  const auto first = std::find_if(instance.migrations.begin(), end, [&](const MigrationEntry& one) {
    const MigrationView own = one.own();
    return own.finished_at.value_or(own.started_at) >= before;
  });
  return static_cast<std::uint32_t>(first - instance.migrations.begin());
}

}  // namespace

void forget_intervals(Instance& instance, std::uint32_t count) {
  instance.past.erase(instance.past.begin(), instance.past.begin() + count);
  for_each_state(instance, [count](State& state) { state.closed_intervals -= count; });
}

void forget_migrations(Instance& instance, std::uint32_t count) {
  instance.migrations.erase(instance.migrations.begin(), instance.migrations.begin() + count);
  for_each_state(instance, [count](State& state) { state.migrations -= count; });
  std::erase_if(instance.ended, [count](std::uint32_t ended) { return ended < count; });
  for (std::uint32_t& ended : instance.ended) ended -= count;
  if (!instance.held) return;
  for (Operation& operation : instance.held->operations) {
    if (operation.migration) *operation.migration -= count;
    if (operation.ended) *operation.ended -= count;
  }
}

void Model::Impl::forget_history(Time before, std::size_t count) {
  Instance room;
  for (std::size_t i = std::min<std::size_t>(count, instances.size()); i > 0; --i) {
    if (next_to_forget >= instances.size()) next_to_forget = 0;
    const std::uint32_t place = next_to_forget++;
    const Instance& found = instances.read(place, room);
    const std::uint32_t intervals = old_intervals(found, before);
    const std::uint32_t migrations = old_migrations(found, before);
    if (intervals == 0 && migrations == 0) continue;
    Instance& instance = instances.wake(place);
    if (intervals > 0) forget_intervals(instance, intervals);
    if (migrations > 0) forget_migrations(instance, migrations);
    leave(instance);
  }
}

}  // namespace vmtrail
