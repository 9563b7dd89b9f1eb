// SPDX-License-Identifier: Apache-2.0
// Nova's list as events, which the rows reconcile.* of rules/nova.yaml mean.

#include <algorithm>
#include <string>
#include <utility>

#include "query/question.h"
#include "vmtrail/reconcile.h"

namespace vmtrail {

namespace {

std::string_view event_type(const Drift& drift) {
  if (drift.kind == DriftClass::ghost) return "vmtrail.reconcile.gone";
  return drift.theirs->host.empty() ? "vmtrail.reconcile.unplaced" : "vmtrail.reconcile.listed";
}

// Deletion is final, and of what has changed since the list was made it says nothing.
bool may_apply(const Drift& drift, Time listed, const Model& model) {
  return !drift.ours || (!drift.ours->deleted && !is_newer(drift, listed, model));
}

std::pair<Side, Side> sides(const Drift& drift) {
  const std::string_view ours = drift.ours ? drift.ours->host : std::string_view();
  const std::string_view theirs =
      drift.theirs ? std::string_view(drift.theirs->host) : std::string_view();
  if (drift.kind != DriftClass::state) return {{"host", ours}, {"host", theirs}};
  if (drift.ours->vm_state != drift.theirs->vm_state) {
    return {{"vm_state", drift.ours->vm_state}, {"vm_state", drift.theirs->vm_state}};
  }
  return {{"power_state", name(drift.ours->power_state)},
          {"power_state", name(drift.theirs->power_state)}};
}

std::string summary(const Drift& drift, const std::pair<Side, Side>& sides) {
  const std::string_view known = drift.ours ? drift.ours->name : drift.theirs->name;
  const auto or_nothing = [](std::string_view text) { return text.empty() ? "nothing" : text; };
  std::string text(known.empty() ? drift.instance.to_string() : known);
  text += ": drift (";
  text += name(drift.kind);
  text += "), ";
  text += sides.first.field;
  text += " here ";
  text += or_nothing(sides.first.value);
  text += ", in Nova ";
  text += or_nothing(sides.second.value);
  return text;
}

Event event_of(const Drift& drift, std::string_view message_id, std::string_view instance,
               Time listed) {
  Event event;
  event.message_id = message_id;
  event.event_type = event_type(drift);
  event.generated = listed;
  event[Field::instance_id] = instance;
  if (drift.kind == DriftClass::ghost) return event;
  const Server& theirs = *drift.theirs;
  event[Field::payload_host] = theirs.host;
  for (const auto& [field, text] : {std::pair{Field::display_name, &theirs.name},
                                    {Field::project_id, &theirs.project_id},
                                    {Field::state, &theirs.vm_state}}) {
    if (!text->empty()) event[field] = *text;
  }
  event[Field::task_state] = theirs.task_state;
  if (theirs.power_state != PowerState::unknown)
    event[Field::power_state] = name(theirs.power_state);
  return event;
}

}  // namespace

bool too_many_ghosts(std::size_t ghosts, std::size_t listed) {
  constexpr std::size_t kFew = 10;
  return ghosts > std::max(kFew, listed / 10);
}

bool is_newer(const Drift& drift, Time listed, const Model& model) {
  return drift.ours && drift.ours->updated_at + model.options().clock_tolerance >= listed;
}

std::vector<std::string> apply(const Reconciliation& found, Time listed, const Model& model,
                               Dispatcher& dispatcher) {
  std::vector<std::string> applied;
  for (const Drift& drift : found.drift) {
    if (!may_apply(drift, listed, model)) continue;
    const std::string instance = drift.instance.to_string();
    std::string message_id = "reconcile/" + to_string(listed) + "/" + instance;
    const Event event = event_of(drift, message_id, instance, listed);
    const auto [from, to] = sides(drift);
    dispatcher.tell_drift({drift.instance, listed, from, to, message_id, event.event_type,
                           summary(drift, {from, to})});
    const std::uint64_t before = dispatcher.counts().applied;
    dispatcher.on_event(event);
    if (dispatcher.counts().applied != before) applied.push_back(std::move(message_id));
  }
  return applied;
}

}  // namespace vmtrail
