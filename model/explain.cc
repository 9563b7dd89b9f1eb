// SPDX-License-Identifier: Apache-2.0
// Why the model says what it says of an instance.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "model/impl.h"
#include "model/trail.h"
#include "model/walk.h"

namespace vmtrail {

namespace {

// A store may have been edited by hand: what placed an instance may lack the host.
std::string_view host_of(const TrailSnapshot& entry) {
  return entry.host ? std::string_view(*entry.host) : std::string_view();
}

std::string named_host(const TrailSnapshot& entry) {
  const std::string_view host = host_of(entry);
  return host.empty() ? "that it has no host" : std::string(host);
}

/// The answer that the verdicts are about.
struct Answer {
  std::string host;
  bool deleted;
  std::string decided_by;
  std::string decided_event_type;
};

std::string decision(const TrailSnapshot& entry, const Answer& answer) {
  if (answer.deleted) return "It says that the instance is gone.";
  if (entry.treatment != Treatment::placed && entry.treatment != Treatment::agreed) {
    return "Nothing names the host since; what its operation has come to implies " +
           (answer.host.empty() ? std::string("that it has none") : answer.host) + ".";
  }
  return answer.host.empty() ? "It says that the instance has no host."
                             : "It places the instance on " + answer.host + ".";
}

std::pair<FactVerdict, std::string> judge(const TrailSnapshot& entry, const Answer& answer,
                                          Names& names) {
  switch (entry.treatment) {
    case Treatment::duplicate:
      return {FactVerdict::duplicate, "A copy of an event that was taken: it changed nothing."};
    case Treatment::too_late:
      return {FactVerdict::too_late, "What it belongs to was folded by then: it changed nothing."};
    case Treatment::no_witness:
    case Treatment::placed:
    case Treatment::agreed:
    case Treatment::bystander:
    case Treatment::rebuilding:
    case Treatment::deleted:
      break;
  }
  if (!entry.message_id.empty() && entry.message_id == answer.decided_by) {
    return {FactVerdict::decided, decision(entry, answer)};
  }
  switch (entry.treatment) {
    case Treatment::bystander:
      return {FactVerdict::not_an_authority,
              "It names " + named_host(entry) + ", but beside an operation it only confirms."};
    case Treatment::rebuilding:
      return {FactVerdict::not_an_authority,
              "It names " + named_host(entry) +
                  ", but until a rebuild is over only the rebuild's own events place it."};
    case Treatment::deleted:
      return {FactVerdict::not_an_authority, "The instance was deleted: nothing brings it back."};
    case Treatment::placed:
    case Treatment::agreed:
      if (names.same_host(names.intern(host_of(entry)), names.intern(answer.host))) {
        return {FactVerdict::confirmed,
                answer.host.empty() ? "It says so too." : "It names " + answer.host + " too."};
      }
      return {FactVerdict::superseded, "It named " + named_host(entry) + "; " +
                                           answer.decided_event_type + " " + answer.decided_by +
                                           " comes later in the order."};
    case Treatment::no_witness:
    case Treatment::duplicate:
    case Treatment::too_late:
      break;
  }
  return {FactVerdict::not_an_authority, "It does not say where the instance is."};
}

}  // namespace

void Model::Impl::turn_away(Instance& instance, const Event& event, const Rule& rule,
                            Treatment treatment) {
  if (options.trail == 0) return;
  Trail& trail = trail_of(instance);
  trail.push_back(trail_entry(event, MessageId(event.message_id), rule, treatment, names));
  if (trail.size() > 4 * options.trail) {
    prune(trail, options.trail, instance.answer.decided_by);
  }
  instances.mark_changed(instance);
}

Trail& Model::Impl::trail_of(Instance& instance) {
  if (!instance.trail) instance.trail = std::make_unique<Trail>();
  return *instance.trail;
}

std::vector<FactAnswer> Model::explain(const InstanceId& id, std::span<const TrailSnapshot> folded,
                                       const RuleSet& rules) const {
  Instance room;
  const Instance* const found = impl_->find(id, room);
  if (found == nullptr) return {};
  Names& names = impl_->names;

  std::vector<TrailSnapshot> trail(folded.begin(), folded.end());
  if (found->trail) {
    for (const TrailEntry& entry : *found->trail) save(entry, names, trail.emplace_back());
  }
  const auto turned_away = std::stable_partition(
      trail.begin(), trail.end(),
      [](const TrailSnapshot& entry) { return !was_turned_away(entry.treatment); });
  Trail held;
  if (found->held) {
    // Walking changes the instance, if only to what it is: a copy walks.
    Instance copy;
    copy.answer = found->answer;
    copy.held = *found->held;
    copy.past = found->past;
    copy.migrations = found->migrations;
    Walk walk(copy, impl_->spares, names, impl_->options.clock_tolerance);
    walk.trace_to(&held);
    walk.from_base();
  }
  std::vector<TrailSnapshot> walked;
  for (const TrailEntry& entry : held) save(entry, names, walked.emplace_back());
  trail.insert(turned_away, walked.begin(), walked.end());

  const State& state = found->answer;
  const Answer answer{std::string(names.text(state.host)), state.deleted,
                      state.decided_by.to_string(),
                      std::string(names.text(state.decided_event_type))};
  std::vector<FactAnswer> result;
  for (TrailSnapshot& entry : trail) {
    auto [verdict, reason] = judge(entry, answer, names);
    if (const Rule* const rule = rules.find(entry.rule)) reason += " " + rule->why;
    result.push_back({std::move(entry.message_id), std::move(entry.event_type), entry.generated,
                      std::move(entry.publisher), std::move(entry.rule), std::move(entry.at),
                      verdict, std::move(reason)});
  }
  return result;
}

}  // namespace vmtrail
