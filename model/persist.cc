// SPDX-License-Identifier: Apache-2.0
// Between the model and what is kept of it: text for ids and names, and back.

#include <algorithm>
#include <utility>

#include "model/impl.h"
#include "model/walk.h"

namespace vmtrail {

namespace {

std::optional<Time> told(Time time) {
  if (time == Time::min()) return std::nullopt;
  return time;
}

template <class Id>
void set_text(std::string& text, const Id& id) {
  text.clear();
  id.append_to(text);
}

std::string_view text(NameId id, const Names& names) {
  return names.text(id);
}

// A snapshot is filled again and again: its texts keep their memory.

void save(const State& state, const Names& names, StateSnapshot& saved) {
  saved.host = text(state.host, names);
  saved.confidence = state.confidence;
  saved.vm_state = text(state.vm_state, names);
  saved.task_state = text(state.task_state, names);
  saved.power_state = state.power;
  saved.deleted = state.deleted;
  saved.name = text(state.name, names);
  saved.project_id = text(state.project_id, names);
  saved.since.reset();
  saved.cause.clear();
  if (state.interval_open) {
    saved.since = state.since;
    saved.cause = name(state.cause);
  }
  saved.mover_host = text(state.mover_host, names);
  saved.moved_at = told(state.moved_at);
  saved.effective = told(state.effective);
  set_text(saved.decided_by, state.decided_by);
  saved.decided_event_type = text(state.decided_event_type, names);
  saved.decided_rule =
      state.decided_rule != nullptr ? std::string_view(state.decided_rule->id) : std::string_view();
}

State load(const StateSnapshot& saved, const RuleSet& rules, Names& names) {
  State state;
  state.host = names.intern(saved.host);
  state.confidence = saved.confidence;
  state.vm_state = names.intern(saved.vm_state);
  state.task_state = names.intern(saved.task_state);
  state.power = saved.power_state;
  state.deleted = saved.deleted;
  state.name = names.intern(saved.name);
  state.project_id = names.intern(saved.project_id);
  if (saved.since) {
    state.interval_open = true;
    state.since = *saved.since;
    state.cause = parse_interval_cause(saved.cause).value_or(IntervalCause::update);
  }
  state.mover_host = names.intern(saved.mover_host);
  state.moved_at = saved.moved_at.value_or(Time::min());
  state.effective = saved.effective.value_or(Time::min());
  state.decided_by = MessageId(saved.decided_by);
  state.decided_event_type = names.intern(saved.decided_event_type);
  state.decided_rule = rules.find(saved.decided_rule);
  // It is not kept, since it shows.
  state.building = state.host == NameId::nothing && !state.deleted &&
                   (state.vm_state == NameId::building ||
                    (state.vm_state == NameId::error && state.confidence == Confidence::unplaced));
  return state;
}

void save(const MigrationView& view, const Names& names, MigrationSnapshot::View& saved) {
  saved.kind = view.kind;
  saved.source = text(view.source, names);
  saved.destination = text(view.destination, names);
  saved.outcome = view.outcome;
  saved.started_at = view.started_at;
  saved.finished_at = view.finished_at;
  saved.confirmed_at = view.confirmed_at;
}

MigrationView load(const MigrationSnapshot::View& saved, Names& names) {
  return {.started_at = saved.started_at,
          .finished_at = saved.finished_at,
          .confirmed_at = saved.confirmed_at,
          .source = names.intern(saved.source),
          .destination = names.intern(saved.destination),
          .kind = saved.kind,
          .outcome = saved.outcome};
}

// What is folded and was confirmed or reverted by what is not, as it was before.
void save_bases(const Instance& instance, std::size_t folded, const Names& names,
                std::vector<MigrationSnapshot>& saved) {
  for (MigrationSnapshot& one : saved) one.base.reset();
  if (!instance.held) return;
  const Operations& operations = instance.held->operations;
  for (auto last = operations.end(); last != operations.begin();) {
    const Operation& operation = *--last;
    if (!operation.ended || *operation.ended >= folded) continue;
    MigrationEntry entry = instance.migrations[*operation.ended];
    entry.set_ending(operation.ended_before);
    std::optional<MigrationSnapshot::View>& base = saved[*operation.ended].base;
    save(entry.view(), names, base ? *base : base.emplace());
  }
}

void set(std::optional<std::string>& text, bool told, std::string_view value) {
  if (told && text) {
    *text = value;
  } else if (told) {
    text.emplace(value);
  } else {
    text.reset();
  }
}

void save(const Fact& fact, const RequestId& request, const Names& names, FactSnapshot& saved) {
  set_text(saved.message_id, fact.message_id);
  saved.event_type = text(fact.event_type, names);
  saved.generated = fact.generated;
  set_text(saved.request_id, request);
  saved.rule = fact.rule->id;
  saved.publisher_service = text(fact.publisher_service, names);
  saved.publisher_host = text(fact.publisher_host, names);
  set(saved.payload_host, fact.carries(Witness::payload), text(fact.payload_host, names));
  saved.state = text(fact.state, names);
  saved.old_state = text(fact.old_state, names);
  set(saved.task_state, fact.task_told, text(fact.task_state, names));
  saved.flavor = text(fact.flavor, names);
  saved.name = text(fact.name, names);
  saved.project_id = text(fact.project_id, names);
  saved.power_state = fact.power;
  saved.judged = Outcome::in_progress;
}

Fact load(const FactSnapshot& saved, const Rule& rule, Names& names) {
  Event event;
  event.event_type = saved.event_type;
  event.generated = saved.generated;
  event[Field::publisher_service] = saved.publisher_service;
  event[Field::publisher_host] = saved.publisher_host;
  if (saved.payload_host) event[Field::payload_host] = *saved.payload_host;
  event[Field::state] = saved.state;
  event[Field::old_state] = saved.old_state;
  if (saved.task_state) event[Field::task_state] = *saved.task_state;
  event[Field::flavor] = saved.flavor;
  event[Field::display_name] = saved.name;
  event[Field::project_id] = saved.project_id;
  event[Field::power_state] = name(saved.power_state);
  return make_fact(event, MessageId(saved.message_id), rule, names);
}

HostSnapshot snapshot_of(const Hosts::Host& host, const Names& names) {
  HostSnapshot saved{
      std::string(text(host.name, names)), host.status.now(), host.status.since(), {}};
  for (const StatusReport& report : host.status.reports()) {
    saved.statuses.push_back({report.message.to_string(), report.at, report.status});
  }
  return saved;
}

}  // namespace

std::vector<InstanceId> Model::changed() const {
  std::vector<InstanceId> ids;
  impl_->instances.for_each_changed([&](const InstanceId& id) { ids.push_back(id); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Model::mark_saved(const std::function<void()>& between) {
  impl_->hosts.clear_changed();
  impl_->instances.clear_changed([&](Instance& instance) {
    instance.trail.reset();
    impl_->leave(instance);
    if (between) between();
  });
}

InstanceSnapshot Model::snapshot(const InstanceId& id) const {
  InstanceSnapshot saved;
  snapshot(id, saved);
  return saved;
}

void Model::snapshot(const InstanceId& id, InstanceSnapshot& saved) const {
  Instance room;
  const Instance& instance = *impl_->find(id, room);
  const Names& names = impl_->names;
  State base = instance.base();
  if (instance.held && !instance.held->steps) base.effective = instance.held->before;
  saved.id = instance.id;
  save(base, names, saved.base);
  save(instance.answer, names, saved.answer);
  saved.cut = told(instance.cut);
  saved.newest = told(instance.newest);
  saved.folded_requests.resize(instance.folded.size());
  for (std::size_t i = 0; i < instance.folded.size(); ++i) {
    set_text(saved.folded_requests[i], instance.folded[i]);
  }
  saved.intervals.resize(instance.past.size());
  for (std::size_t i = 0; i < instance.past.size(); ++i) {
    const ClosedInterval& interval = instance.past[i];
    IntervalSnapshot& one = saved.intervals[i];
    one.host = text(interval.host, names);
    one.from = interval.from;
    one.to = interval.to;
    one.confidence = interval.confidence;
    one.cause = name(interval.cause);
  }
  saved.base_intervals = base.closed_intervals;
  saved.migrations.resize(instance.migrations.size());
  for (std::size_t i = 0; i < instance.migrations.size(); ++i) {
    const MigrationEntry& entry = instance.migrations[i];
    MigrationSnapshot& one = saved.migrations[i];
    set_text(one.request_id, entry.request());
    save(entry.view(), names, one.view);
    one.announced.reset();
    if (const auto told = entry.told()) save(*told, names, one.announced.emplace());
  }
  saved.base_migrations = base.migrations;
  save_bases(instance, saved.base_migrations, names, saved.migrations);
  std::size_t facts = 0;
  if (instance.held) {
    for (const Operation& operation : instance.held->operations) facts += operation.facts.size();
  }
  saved.facts.resize(facts);
  if (instance.held) {
    auto one = saved.facts.begin();
    for (const Operation& operation : instance.held->operations) {
      for (const Fact& fact : operation.facts) {
        save(fact, operation.request, names, *one);
        one->judged = operation.judged;
        ++one;
      }
    }
  }
  saved.trail.resize(instance.trail ? instance.trail->size() : 0);
  for (std::size_t i = 0; i < saved.trail.size(); ++i) {
    save((*instance.trail)[i], names, saved.trail[i]);
  }
}

ModelSnapshot Model::snapshot() const {
  ModelSnapshot saved = changed_but_instances();
  saved.hosts.clear();
  for (const Hosts::Host& host : impl_->hosts.all()) {
    saved.hosts.push_back(snapshot_of(host, impl_->names));
  }
  Seen seen = impl_->seen;
  impl_->instances.for_each_awake([&](const Instance& instance) {
    for (const auto& [id, until] : instance.remembered.entries()) seen.add(id, until);
  });
  saved.seen = seen.snapshot();
  return saved;
}

ModelSnapshot Model::changed_but_instances() const {
  ModelSnapshot saved;
  saved.sequence = sequence();
  saved.newest_event = impl_->newest;
  saved.stream = impl_->stream;
  saved.ahead = impl_->ahead;
  saved.behind = impl_->behind;
  for (const Hosts::Host* const host : impl_->hosts.changed()) {
    saved.hosts.push_back(snapshot_of(*host, impl_->names));
  }
  std::vector<const Requests::LooseFacts::value_type*> loose;
  for (const auto& entry : impl_->requests.loose()) loose.push_back(&entry);
  std::sort(loose.begin(), loose.end(),
            [](const auto* a, const auto* b) { return goes_before(a->second, b->second); });
  for (const auto* const entry : loose) {
    LooseFactSnapshot& one = saved.loose_facts.emplace_back();
    save(entry->second.fact, entry->first, impl_->names, one.fact);
    one.until = entry->second.until;
  }
  saved.skews = impl_->skew.snapshot(impl_->names);
  return saved;
}

std::size_t Model::restore(const ModelSnapshot& saved, const RuleSet& rules) {
  std::size_t dropped = 0;
  impl_->changes.set_sequence(saved.sequence);
  impl_->newest = saved.newest_event;
  impl_->stream = saved.stream;
  impl_->ahead = saved.ahead;
  impl_->behind = saved.behind;
  for (const HostSnapshot& host : saved.hosts) {
    Hosts::Host& restored = impl_->hosts.named(impl_->names.intern(host.name), impl_->names);
    for (const StatusSnapshot& told : host.statuses) {
      restored.status.add({told.generated, MessageId(told.message_id), told.status});
    }
  }
  for (const SeenSnapshot& seen : saved.seen) {
    impl_->seen.add(MessageId(seen.message_id), seen.until);
  }
  for (const LooseFactSnapshot& loose : saved.loose_facts) {
    const Rule* const rule = rules.find(loose.fact.rule);
    if (rule == nullptr) {
      ++dropped;
      continue;
    }
    impl_->requests.keep(RequestId(loose.fact.request_id), load(loose.fact, *rule, impl_->names),
                         loose.until);
  }
  for (const SkewSnapshot& skew : saved.skews) impl_->skew.restore(skew, impl_->names);
  return dropped;
}

std::size_t Model::restore(const InstanceSnapshot& saved, const RuleSet& rules) {
  Names& names = impl_->names;
  Instance& instance = impl_->instance_for(saved.id);
  instance.cut = saved.cut.value_or(Time::min());
  instance.newest = saved.newest.value_or(Time::min());
  for (const std::string& request : saved.folded_requests) {
    instance.folded.add(RequestId(request));
  }
  instance.past.reserve(saved.base_intervals);
  for (std::size_t i = 0; i < saved.base_intervals; ++i) {
    const IntervalSnapshot& interval = saved.intervals[i];
    instance.past.push_back({interval.from, interval.to, names.intern(interval.host),
                             interval.confidence,
                             parse_interval_cause(interval.cause).value_or(IntervalCause::update)});
  }
  instance.migrations.reserve(saved.base_migrations);
  for (std::size_t i = 0; i < saved.base_migrations; ++i) {
    // The effect of a folded confirm or revert is part of the entry; a held one comes again below.
    const MigrationSnapshot& migration = saved.migrations[i];
    const MigrationView view = load(migration.base.value_or(migration.view), names);
    MigrationEntry& entry = instance.migrations.emplace_back(RequestId(migration.request_id), view);
    entry.set_ending(
        {.confirmed_at = view.confirmed_at, .reverted = view.outcome == Outcome::reverted});
    if (migration.announced) entry.set_told(load(*migration.announced, names));
  }
  State base = load(saved.base, rules, names);
  base.closed_intervals = static_cast<std::uint32_t>(saved.base_intervals);
  base.migrations = static_cast<std::uint32_t>(saved.base_migrations);
  instance.answer = base;

  std::size_t dropped = 0;
  std::optional<Held> held;
  for (const FactSnapshot& fact : saved.facts) {
    const Rule* const rule = rules.find(fact.rule);
    if (rule == nullptr) {
      ++dropped;
      continue;
    }
    if (!held) held.emplace();
    RequestId request(fact.request_id);
    Operations& operations = held->operations;
    if (operations.empty() || request.empty() || operations.back().request != request) {
      if (operations.size() == 2 * kMaxOperations) {  // more than any store of ours has
        ++dropped;
        continue;
      }
      operations.push_back(impl_->spares.operation());
      operations.back().request = request;
    }
    impl_->spares.give_room(operations.back().facts);
    operations.back().insert(load(fact, *rule, names));
    operations.back().judged = fact.judged;
  }
  if (held) {
    instance.held = std::move(held);
    instance.held->before = base.effective;
    for (Operation& operation : instance.held->operations) {
      impl_->make_joinable(operation, instance);
      instance.held->ids.add(operation.ids());
    }
    Walk(instance, impl_->spares, names, impl_->options.clock_tolerance).from_base();
    // What was announced of a migration that is not folded belongs to its request; of one without,
    // to its time.
    const auto unfolded = static_cast<std::ptrdiff_t>(saved.base_migrations);
    for (auto entry = instance.migrations.begin() + unfolded; entry != instance.migrations.end();
         ++entry) {
      const auto known = std::find_if(
          saved.migrations.begin() + unfolded, saved.migrations.end(),
          [&](const MigrationSnapshot& migration) {
            return migration.announced && migration.request_id == entry->request().to_string() &&
                   (!entry->request().empty() ||
                    migration.view.started_at == entry->own().started_at);
          });
      if (known != saved.migrations.end()) entry->set_told(load(*known->announced, names));
    }
    instance.ended.clear();
    impl_->queue(instance);
  }
  impl_->settle_hosts(NameId::nothing, instance);
  impl_->leave(instance);
  return dropped;
}

}  // namespace vmtrail
