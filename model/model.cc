// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/model.h"

#include <algorithm>
#include <utility>

#include "model/impl.h"
#include "model/order.h"
#include "model/walk.h"

namespace vmtrail {

namespace {

Cause cause_of(const Event& event, const Rule& rule) {
  return {event.message_id,    event.event_type,        rule.id,
          event[Field::state], event[Field::old_state], event[Field::task_state]};
}

bool holds(const Instance& instance, const MessageId& id) {
  if (!instance.held) return false;
  for (const Operation& operation : instance.held->operations) {
    for (const Fact& fact : operation.facts) {
      if (fact.message_id == id) return true;
    }
  }
  return false;
}

const Operation* operation_of(const Instance& instance, const RequestId& request) {
  if (!instance.held || request.empty()) return nullptr;
  const std::vector<Operation>& operations = instance.held->operations;
  const auto found =
      std::find_if(operations.rbegin(), operations.rend(),
                   [&](const Operation& operation) { return operation.request == request; });
  return found == operations.rend() ? nullptr : &*found;
}

bool is_too_late(const Instance& instance, const RequestId& request, Time generated) {
  if (!request.empty() &&
      std::find(instance.folded.begin(), instance.folded.end(), request) != instance.folded.end()) {
    return true;
  }
  return generated <= instance.cut && operation_of(instance, request) == nullptr;
}

bool is_last(const Instance& instance, const MessageId& id) {
  return instance.held && !instance.held->operations.empty() &&
         instance.held->operations.back().facts.back().message_id == id;
}

}  // namespace

Model::Model() : Model(Options{}) {}
Model::Model(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

// ---- events

void Model::Impl::stream_to(Time time, RecordConsumer& records) {
  newest = std::max(newest.value_or(time), time);
  if (stream && time <= *stream) {
    ahead = 0;
    return;
  }
  // One wrong clock must not make everything else old: a leap is believed once a run of events has
  // made it.
  if (stream && time > *stream + kLeap && ++ahead < kLeapEvents) return;
  ahead = 0;
  stream = time;
  seen.forget_before(time);
  requests.forget_before(time);
  fold_quiet(time, options.quiet, records);
}

bool Model::Impl::is_copy(const MessageId& id, Time generated) const {
  if (seen.contains(id)) return true;
  return options.archive && stream && generated + options.horizon < *stream && options.archive(id);
}

void Model::Impl::remember(MessageId id) {
  seen.add(std::move(id), stream.value_or(Time{}) + options.horizon);
}

Instance& Model::Impl::instance_for(const InstanceId& id) {
  const auto [place, created] = index.try_emplace(id, static_cast<std::uint32_t>(instances.size()));
  if (created) {
    Instance& instance = instances.emplace_back();
    instance.id = id;
    instance.place = place->second;
  }
  return instances[place->second];
}

const Instance* Model::Impl::find(const InstanceId& id) const {
  const auto found = index.find(id);
  return found == index.end() ? nullptr : &instances[found->second];
}

Before Model::Impl::before(const Instance& instance, bool known) const {
  Before result;
  result.known = known;
  result.answer = instance.answer;
  // What is folded stays as it is, but for what Instance::ended tells.
  result.folded_migrations = instance.migrations.size();
  result.folded_intervals = instance.past.size();
  if (instance.held) {
    result.folded_migrations = instance.held->base.migrations;
    result.folded_intervals = instance.held->base.closed_intervals;
  }
  result.migrations.assign(
      instance.migrations.begin() + static_cast<std::ptrdiff_t>(result.folded_migrations),
      instance.migrations.end());
  return result;
}

void Model::Impl::settle_hosts(NameId was, const Instance& instance) {
  hosts.moved(was, instance.answer.host, names);
}

void Model::Impl::note_hosts(const Fact& fact) {
  for (const Witnesses& witnesses : {fact.rule->host, fact.rule->source, fact.rule->destination}) {
    if (const auto host = named(fact, witnesses); host && *host != NameId::nothing) {
      hosts.named(*host, names);
    }
  }
}

void Model::Impl::take(Instance& instance, RequestId request, Fact fact) {
  if (!instance.held) {
    instance.held = std::make_unique<Held>();
    instance.held->base = instance.held->prefix = instance.answer;
  }
  Held& held = *instance.held;
  Walk walk(instance, names, options.clock_tolerance);
  const Operation* const found = operation_of(instance, request);
  if (found == nullptr) {
    Operation& created = held.operations.emplace_back();
    created.request = std::move(request);
    created.insert(std::move(fact), names);
    make_joinable(created, instance);
    if (last_is_certain(held.operations, options.clock_tolerance)) {
      walk.step_into_last();
    } else {
      walk.from_base();
    }
    return;
  }
  const auto position = static_cast<std::size_t>(found - held.operations.data());
  Operation& operation = held.operations[position];
  const OperationKind kind = operation.kind;
  const bool deletes = operation.deletes;
  const bool new_flavor = operation.new_flavor;
  const std::size_t at = operation.insert(std::move(fact), names);
  const bool came_last = at + 1 == operation.facts.size();
  skew.note(operation, at, names);
  make_joinable(operation, instance);
  // Of a run of equal facts the middle ones go; a copy of one that went is still a copy.
  for (const std::size_t candidate : {at + 1, at, at - 1}) {
    if (candidate >= operation.facts.size()) continue;
    if (std::optional<MessageId> dropped = operation.compact(candidate)) {
      remember(std::move(*dropped));
    }
  }
  const bool certain = position + 1 == held.operations.size() &&
                       last_is_certain(held.operations, options.clock_tolerance);
  if (!certain) {
    walk.from_base();
  } else if (came_last && operation.kind == kind && operation.deletes == deletes &&
             operation.new_flavor == new_flavor) {
    walk.step();
  } else {
    walk.repeat_last();
  }
}

void Model::Impl::make_joinable(Operation& operation, const Instance& instance) {
  if (operation.joinable || operation.request.empty() || !is_joinable(operation.kind)) return;
  operation.joinable = true;
  requests.add(operation.request, instance.place);
}

void Model::Impl::take_loose(Instance& instance, const RequestId& request) {
  if (requests.loose().empty() || request.empty()) return;
  const auto [begin, end] = requests.loose().equal_range(request);
  for (auto entry = begin; entry != end; ++entry) {
    const Fact& fact = entry->second.fact;
    const Operation* const operation = operation_of(instance, request);
    if (operation == nullptr || !operation->joinable) return;
    if (holds(instance, fact.message_id) || !has_room(instance, request)) continue;
    instance.newest = std::max(instance.newest, fact.generated);
    take(instance, request, fact);
  }
}

bool Model::Impl::has_room(const Instance& instance, const RequestId& request) {
  if (const Operation* const operation = operation_of(instance, request)) {
    return operation->facts.size() < kMaxFacts;
  }
  return !instance.held || instance.held->operations.size() < 2 * kMaxOperations;
}

void Model::Impl::change(Instance& instance, bool known, const RequestId& request, Fact fact,
                         Changes::Occasion occasion, RecordConsumer& records) {
  Before was = before(instance, known);
  const MessageId message = fact.message_id;
  const bool older = fact.generated < instance.newest;
  note_hosts(fact);
  if (older || !requests.loose().empty()) {
    was.past.emplace(instance.past.begin() + static_cast<std::ptrdiff_t>(was.folded_intervals),
                     instance.past.end());
  }
  instance.newest = std::max(instance.newest, fact.generated);
  instance.changed = true;
  take(instance, request, std::move(fact));
  occasion.late = older && !is_last(instance, message);
  take_loose(instance, request);
  fold_old(instance);
  if (!instance.queued && instance.held) {
    waiting.push({instance.newest, instance.id, instance.place});
    instance.queued = true;
  }
  settle_hosts(was.answer.host, instance);
  occasion.operation = operation_of(instance, request);
  changes.tell(was, instance, occasion, records);
}

Verdict Model::apply(const Event& event, const InstanceId& id, const Rule& rule,
                     RecordConsumer& records) {
  Impl& impl = *impl_;
  impl.stream_to(event.generated, records);
  const MessageId message(event.message_id);
  const bool known = impl.index.contains(id);
  const bool copy = impl.is_copy(message, event.generated);
  if (copy && !known) return Verdict::duplicate;
  Instance& instance = impl.instance_for(id);
  if (copy || holds(instance, message)) {
    impl.turn_away(instance, event, rule, Treatment::duplicate);
    return Verdict::duplicate;
  }

  Changes::Occasion occasion;
  occasion.time = event.generated;
  occasion.cause = cause_of(event, rule);
  const RequestId request(event[Field::request_id]);
  if (is_too_late(instance, request, event.generated)) {
    impl.remember(message);
    instance.changed = true;
    impl.turn_away(instance, event, rule, Treatment::too_late);
    impl.changes.tell_too_late(instance, occasion, records);
    return Verdict::too_late;
  }
  if (!Impl::has_room(instance, request)) {
    impl.remember(message);
    return Verdict::too_many_facts;
  }
  impl.change(instance, known, request, make_fact(event, rule, impl.names), occasion, records);
  return Verdict::applied;
}

Verdict Model::apply_to_request(const Event& event, const Rule& rule, RecordConsumer& records) {
  Impl& impl = *impl_;
  impl.stream_to(event.generated, records);
  const MessageId message(event.message_id);
  if (impl.is_copy(message, event.generated)) return Verdict::duplicate;
  const RequestId request(event[Field::request_id]);
  std::vector<std::uint32_t> places = impl.requests.places(request);
  std::sort(places.begin(), places.end(), [&](std::uint32_t a, std::uint32_t b) {
    return impl.instances[a].id < impl.instances[b].id;
  });
  if (std::any_of(places.begin(), places.end(),
                  [&](std::uint32_t place) { return holds(impl.instances[place], message); })) {
    return Verdict::duplicate;
  }
  impl.remember(message);
  Fact fact = make_fact(event, rule, impl.names);
  Changes::Occasion occasion;
  occasion.time = event.generated;
  occasion.cause = cause_of(event, rule);
  for (const std::uint32_t place : places) {
    Instance& instance = impl.instances[place];
    if (!Impl::has_room(instance, request)) continue;
    impl.change(instance, true, request, fact, occasion, records);
  }
  impl.requests.keep(request, std::move(fact),
                     impl.stream.value_or(event.generated) + impl.options.horizon);
  return Verdict::applied;
}

Verdict Model::apply_to_host(const Event& event, const Rule& rule, RecordConsumer& records) {
  Impl& impl = *impl_;
  impl.stream_to(event.generated, records);
  MessageId message(event.message_id);
  if (impl.is_copy(message, event.generated)) return Verdict::duplicate;
  impl.remember(message);
  // Other binaries of a controller say nothing of the instances' hosts.
  const std::string_view binary = event[Field::binary];
  const NameId name = impl.names.intern(event[Field::payload_host]);
  if (name == NameId::nothing || (!binary.empty() && binary != "nova-compute")) {
    return Verdict::applied;
  }
  Hosts::Host& host = impl.hosts.named(name, impl.names);
  if (event.generated < host.told_at ||
      (event.generated == host.told_at && message < host.told_by)) {
    return Verdict::applied;  // a newer event has told
  }
  const HostStatus was = host.status;
  host.told_at = event.generated;
  host.told_by = std::move(message);
  host.status = event[Field::forced_down] == "true" ? HostStatus::down
                : event[Field::disabled] == "true"  ? HostStatus::disabled
                                                    : HostStatus::up;
  if (host.status != was) {
    Changes::Occasion occasion;
    occasion.time = event.generated;
    occasion.cause = cause_of(event, rule);
    impl.changes.tell_host(impl.names.text(host.name), was, host.status, occasion, records);
  }
  return Verdict::applied;
}

bool Model::note(const Event& event, RecordConsumer& records) {
  impl_->stream_to(event.generated, records);
  MessageId message(event.message_id);
  if (impl_->is_copy(message, event.generated)) return true;
  impl_->remember(std::move(message));
  return false;
}

void Model::tell_missing(const MissingEvent& missing, RecordConsumer& records) {
  impl_->changes.tell_missing(impl_->find(missing.instance), missing, records);
}

// ---- time

bool Model::Impl::judge(Instance& instance, Time now) {
  bool judged = false;
  for (Operation& operation : instance.held->operations) {
    const bool open =
        operation.migration
            ? instance.migrations[*operation.migration].own.outcome == Outcome::in_progress
            : operation.kind == OperationKind::boot && !operation.closed() &&
                  !operation.phases.any(Phase::failed, Phase::raised);
    if (!open || operation.judged != Outcome::in_progress ||
        operation.last + operation.limit() >= now) {
      continue;
    }
    operation.judged = operation.judgement();
    judged = true;
  }
  return judged;
}

void Model::Impl::judge_all(Time now, bool at_end, RecordConsumer& records) {
  // By id, so that the records do not depend on which instance was heard of first.
  std::vector<Instance*> sorted;
  for (Instance& instance : instances) {
    if (instance.held) sorted.push_back(&instance);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Instance* a, const Instance* b) { return a->id < b->id; });
  for (Instance* const pointer : sorted) {
    Instance& instance = *pointer;
    const Before was = before(instance, true);
    if (judge(instance, now)) {
      Walk(instance, names, options.clock_tolerance).from_base();
      instance.changed = true;
    }
    Changes::Occasion occasion;
    occasion.time = now;
    occasion.at_end = at_end;
    settle_hosts(was.answer.host, instance);
    const Sequence before_telling = changes.sequence();
    changes.tell(was, instance, occasion, records);
    if (changes.sequence() != before_telling) instance.changed = true;
  }
}

void Model::advance(Time now, RecordConsumer& records) {
  impl_->judge_all(now, false, records);
  impl_->fold_quiet(now, impl_->options.horizon, records);
}

void Model::finish(RecordConsumer& records) {
  if (impl_->newest) impl_->judge_all(*impl_->newest, true, records);
}

}  // namespace vmtrail
