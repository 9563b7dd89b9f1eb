// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/model.h"

#include <algorithm>
#include <utility>

#include "model/impl.h"
#include "model/order.h"
#include "model/walk.h"

namespace vmtrail {

namespace {

// What seldom comes to pass stands apart, so that the rest keeps few things in mind.

[[gnu::noinline]] bool any_holds(const Operations& operations, const MessageId& id) {
  return std::any_of(operations.begin(), operations.end(),
                     [&](const Operation& operation) { return operation.holds(id); });
}

inline bool holds(const Instance& instance, const MessageId& id) {
  return instance.held && instance.held->ids.may_have(id.text()) &&
         any_holds(instance.held->operations, id);
}

[[gnu::noinline]] Operation* find_operation(Operations& operations, const RequestId& request) {
  for (std::size_t i = operations.size(); i-- > 0;) {
    if (operations[i].request == request) return &operations[i];
  }
  return nullptr;
}

inline Operation* operation_of(Instance& instance, const RequestId& request) {
  if (!instance.held || request.empty()) return nullptr;
  Operations& operations = instance.held->operations;
  if (operations.back().request == request) return &operations.back();
  return operations.size() == 1 ? nullptr : find_operation(operations, request);
}

/// `operation`: that of the request, if the instance holds it.
bool is_too_late(const Instance& instance, const RequestId& request, const Operation* operation,
                 Time generated) {
  if (operation != nullptr) return false;
  if (!request.empty() && instance.folded.contains(request)) return true;
  return generated <= instance.cut;
}

/// Can the operation, or one more if there is none, hold another fact?
bool has_room(const Instance& instance, const Operation* operation) {
  if (operation != nullptr) return operation->facts.size() < kMaxFacts;
  return !instance.held || instance.held->operations.size() < 2 * kMaxOperations;
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
  if (stream && time <= *stream) {
    ahead = 0;
    if (time >= *stream - kLeap) {
      behind = 0;
    } else if (++behind == kBehindEvents) {
      set_stream(time);
    }
    return;
  }
  newest = std::max(newest.value_or(time), time);
  // One wrong clock must not make everything else old: a leap is believed once a run of events has
  // made it.
  if (stream && time > *stream + kLeap && ++ahead < kLeapEvents) return;
  set_stream(time);
  if (!waiting.empty() && waiting.top().since + options.quiet < time) {
    fold_quiet(time, options.quiet, kFoldedByEvent, records);
  }
}

inline void Model::Impl::set_stream(Time time) {
  ahead = behind = 0;
  stream = time;
  seen.forget_before(time);
  requests.forget_before(time, options.horizon);
}

inline bool Model::Impl::is_copy(const MessageId& id, std::size_t hash, Time generated,
                                 const Instance* named) const {
  return (named != nullptr && named->remembered.contains(id, stream.value_or(Time::min()))) ||
         seen.contains(id, hash) || (options.archive && is_archived(id, generated));
}

// The stream may have gone back: behind the newest event of all, ids may be forgotten.
bool Model::Impl::is_archived(const MessageId& id, Time generated) const {
  return newest && generated + options.horizon < *newest && options.archive(id);
}

void Model::Impl::remember(const MessageId& id) {
  seen.add(id, remembered_until());
}

Instance& Model::Impl::instance_for(const InstanceId& id) {
  const std::uint32_t place = instances.find(id);
  return place == PlaceIndex::kNone ? instances.add(id) : instances.wake(place);
}

const Instance* Model::Impl::find(const InstanceId& id, Instance& room) const {
  const std::uint32_t place = instances.find(id);
  return place == PlaceIndex::kNone ? nullptr : &instances.read(place, room);
}

void Model::Impl::leave(Instance& instance) {
  if (instance.held || instance.queued || instance.trail) return;
  for (const auto& [id, until] : instance.remembered.entries()) seen.add(id, until);
  instances.rest(instance);
}

void Model::Impl::queue(Instance& instance) {
  if (instance.queued || !instance.held) return;
  waiting.push({instance.newest, instance.place});
  instance.queued = true;
}

void Model::Impl::note_migrations(const Instance& instance) {
  was.migrations.assign(
      instance.migrations.begin() + static_cast<std::ptrdiff_t>(was.folded_migrations),
      instance.migrations.end());
}

void Model::Impl::note_hosts(const Fact& fact, NameId known) {
  for (const Witnesses* const witnesses :
       {&fact.rule->host, &fact.rule->source, &fact.rule->destination}) {
    if (witnesses->front() == Witness::nobody) continue;
    const NameId host = named(fact, *witnesses).value_or(NameId::nothing);
    if (host != NameId::nothing && host != known) hosts.named(host, names);
  }
}

[[gnu::always_inline]] inline void Model::Impl::take(Instance& instance, Operation* const found,
                                                     const RequestId& request, Fact&& fact) {
  if (!instance.held) instance.held.emplace().before = instance.answer.effective;
  Held& held = *instance.held;
  Walk walk(instance, spares, names, options.clock_tolerance);
  if (found == nullptr) {
    held.operations.push_back(spares.operation());
    Operation& created = held.operations.back();
    created.request = request;
    created.insert(std::move(fact));
    held.ids.add(created.ids());
    make_joinable(created, instance);
    if (last_is_certain(held.operations, options.clock_tolerance)) {
      walk.step_into_last();
    } else {
      walk.from_base();
    }
    return;
  }
  Operation& operation = *found;
  const OperationKind kind = operation.kind;
  const bool deletes = operation.deletes;
  const bool new_flavor = operation.new_flavor;
  const Time generated = fact.generated;
  spares.give_room(operation.facts);
  const std::size_t at = operation.insert(std::move(fact));
  held.ids.add(operation.ids());
  const bool came_last = at + 1 == operation.facts.size();
  skew.note(operation, at);
  make_joinable(operation, instance);
  const bool certain =
      found == &held.operations.back() && last_is_certain(held.operations, options.clock_tolerance);
  const bool same =
      operation.kind == kind && operation.deletes == deletes && operation.new_flavor == new_flavor;
  // Asked before facts are dropped, of which this one may be.
  const bool confirms = certain && same && !came_last && walk.only_confirms(operation.facts[at]);
  if (operation.facts.size() > kCompactFrom) compact(operation, at);
  if (!certain) {
    walk.from_base();
  } else if (confirms) {
    walk.step_within_last(generated);
  } else if (same && came_last) {
    walk.step();
  } else {
    walk.repeat_last();
  }
}

// Of a run of equal facts the middle ones go; a copy of one that went is still a copy.
void Model::Impl::compact(Operation& operation, std::size_t added) {
  // From behind, so that the places of the others stay what they are.
  for (const OptionalIndex candidate : {operation.twin(added, Operation::Side::behind),
                                        OptionalIndex(static_cast<std::uint32_t>(added)),
                                        operation.twin(added, Operation::Side::before)}) {
    if (!candidate) continue;
    if (const auto dropped = operation.compact(*candidate)) remember(*dropped);
  }
}

// What it has become counts, not what it was for a while: that is all that a restart knows.
void Model::Impl::make_joinable(Operation& operation, const Instance& instance) {
  const bool joinable = !operation.request.empty() && is_joinable(operation.kind);
  if (operation.joinable == joinable) return;
  operation.joinable = joinable;
  if (joinable) {
    requests.add(operation.request, instance.place);
  } else {
    requests.remove(operation.request, instance.place);
  }
}

[[gnu::noinline]] void Model::Impl::take_loose(Instance& instance, const RequestId& request) {
  const auto [begin, end] = requests.loose().equal_range(request);
  for (auto entry = begin; entry != end; ++entry) {
    const Fact& fact = entry->second.fact;
    Operation* const operation = operation_of(instance, request);
    if (operation == nullptr || !operation->joinable) return;
    if (holds(instance, fact.message_id) || !has_room(instance, operation)) continue;
    instance.newest = std::max(instance.newest, fact.generated);
    take(instance, operation, request, Fact(fact));
  }
}

void Model::Impl::change(Instance& instance, bool known, Operation* const operation,
                         const RequestId& request, Fact&& fact, Changes::Occasion& occasion,
                         RecordConsumer& records) {
  note_before(instance, known);
  const bool older = fact.generated < instance.newest;
  const MessageId message = older ? fact.message_id : MessageId();
  note_hosts(fact, instance.answer.host);
  const bool waited_for = requests.waits_for(request);
  if (older || waited_for) {
    was.past_known = true;
    was.past.assign(instance.past.begin() + static_cast<std::ptrdiff_t>(was.folded_intervals),
                    instance.past.end());
  }
  instance.newest = std::max(instance.newest, fact.generated);
  instances.mark_changed(instance);
  take(instance, operation, request, std::move(fact));
  occasion.late = older && !is_last(instance, message);
  if (waited_for) take_loose(instance, request);
  fold_old(instance);
  queue(instance);
  settle_hosts(was.answer.host, instance);
  if (!Changes::has_told(was, instance)) {
    occasion.operation = operation_of(instance, request);
    changes.tell(was, instance, occasion, records);
  }
  trim_history(instance);
}

Verdict Model::apply(const Event& event, const Matched& matched, RecordConsumer& records) {
  Impl& impl = *impl_;
  const InstanceId& id = *matched.instance;
  const MessageId& message = matched.message;
  const RequestId& request = matched.request;
  const Rule& rule = *matched.rule;
  impl.stream_to(event.generated, records);
  const std::size_t hash = message.hash();
  const std::uint32_t place = impl.instances.find(id);
  const bool known = place != PlaceIndex::kNone;
  const bool copy =
      impl.is_copy(message, hash, event.generated, known ? impl.instances.awake(place) : nullptr);
  if (copy && (!known || impl.options.trail == 0)) return Verdict::duplicate;
  Instance& instance = known ? impl.instances.wake(place) : impl.instances.add(id);
  if (copy || holds(instance, message)) {
    impl.turn_away(instance, event, rule, Treatment::duplicate);
    impl.leave(instance);
    return Verdict::duplicate;
  }

  Changes::Occasion occasion{.time = event.generated, .event = &event, .rule = &rule};
  Operation* const operation = operation_of(instance, request);
  if (is_too_late(instance, request, operation, event.generated)) {
    impl.remember(message);
    impl.instances.mark_changed(instance);
    impl.turn_away(instance, event, rule, Treatment::too_late);
    impl.changes.tell_too_late(instance, occasion, records);
    impl.leave(instance);
    return Verdict::too_late;
  }
  if (!has_room(instance, operation)) {
    impl.remember(message);
    return Verdict::too_many_facts;
  }
  const Fact* const last = instance.held ? &instance.held->operations.back().facts.back() : nullptr;
  NameId& event_type = impl.event_type_of(rule);
  Fact fact = make_fact(event, message, rule, impl.names, {instance.answer, last, event_type});
  event_type = fact.event_type;
  if (operation == nullptr && impl.renew(instance, request, fact)) return Verdict::applied;
  impl.change(instance, known, operation, request, std::move(fact), occasion, records);
  return Verdict::applied;
}

Verdict Model::apply_to_request(const Event& event, const Matched& matched,
                                RecordConsumer& records) {
  Impl& impl = *impl_;
  const MessageId& message = matched.message;
  const RequestId& request = matched.request;
  const Rule& rule = *matched.rule;
  impl.stream_to(event.generated, records);
  if (impl.is_copy(message, message.hash(), event.generated)) return Verdict::duplicate;
  std::vector<Instance*> concerned;  // each holds an operation of the request
  for (const std::uint32_t place : impl.requests.candidates(request)) {
    Instance& instance = impl.instances.wake(place);
    if (operation_of(instance, request) != nullptr) concerned.push_back(&instance);
  }
  std::sort(concerned.begin(), concerned.end(),
            [](const Instance* a, const Instance* b) { return a->id < b->id; });
  if (std::any_of(concerned.begin(), concerned.end(),
                  [&](const Instance* instance) { return holds(*instance, message); })) {
    return Verdict::duplicate;
  }
  impl.remember(message);
  Fact fact = make_fact(event, message, rule, impl.names);
  Changes::Occasion occasion{.time = event.generated, .event = &event, .rule = &rule};
  for (Instance* const instance : concerned) {
    Operation* const operation = operation_of(*instance, request);
    if (!has_room(*instance, operation)) continue;
    impl.change(*instance, true, operation, request, Fact(fact), occasion, records);
  }
  impl.requests.keep(request, std::move(fact),
                     impl.stream.value_or(event.generated) + impl.options.horizon);
  return Verdict::applied;
}

Verdict Model::apply_to_host(const Event& event, const Matched& matched, RecordConsumer& records) {
  Impl& impl = *impl_;
  const MessageId& message = matched.message;
  impl.stream_to(event.generated, records);
  if (impl.is_copy(message, message.hash(), event.generated)) return Verdict::duplicate;
  impl.remember(message);
  // Other binaries of a controller say nothing of the instances' hosts.
  const std::string_view binary = event[Field::binary];
  const NameId name = impl.names.intern(event[Field::payload_host]);
  if (name == NameId::nothing || (!binary.empty() && binary != "nova-compute")) {
    return Verdict::applied;
  }
  Hosts::Host& host = impl.hosts.named(name, impl.names);
  const HostStatus was = host.status.now();
  impl.hosts.mark_changed(host);
  host.status.add({event.generated, message,
                   event[Field::forced_down] == "true" ? HostStatus::down
                   : event[Field::disabled] == "true"  ? HostStatus::disabled
                                                       : HostStatus::up});
  if (const HostStatus now = host.status.now(); now != was) {
    const Changes::Occasion occasion{
        .time = event.generated, .event = &event, .rule = matched.rule};
    const std::vector<InstanceId> hit =
        now == HostStatus::down ? impl.instances_on(host) : std::vector<InstanceId>();
    impl.changes.tell_host(impl.names.text(host.name), was, now, hit, occasion, records);
  }
  return Verdict::applied;
}

bool Model::note(const Event& event, const Matched& matched, RecordConsumer& records) {
  impl_->stream_to(event.generated, records);
  if (impl_->is_copy(matched.message, matched.message.hash(), event.generated)) return true;
  impl_->remember(matched.message);
  return false;
}

void Model::tell_missing(const MissingEvent& missing, RecordConsumer& records) {
  Instance room;
  impl_->changes.tell_missing(impl_->find(missing.instance, room), missing, records);
}

// ---- time

bool Model::Impl::is_overdue(const Instance& instance, const Operation& operation, Time now) {
  if (operation.judged != Outcome::in_progress) return false;
  const bool open = operation.migration ? instance.migrations[*operation.migration].own().outcome ==
                                              Outcome::in_progress
                                        : operation.kind == OperationKind::boot &&
                                              !operation.closed() && !operation.has_given_up();
  return open && operation.last + operation.limit() < now;
}

bool Model::Impl::judge(Instance& instance, Time now) {
  bool judged = false;
  for (Operation& operation : instance.held->operations) {
    if (!is_overdue(instance, operation, now)) continue;
    operation.judged = operation.judgement();
    judged = true;
  }
  return judged;
}

void Model::Impl::judge_all(Time now, bool at_end, RecordConsumer& records) {
  // By id, so that the records do not depend on which instance was heard of first.
  std::vector<WithId> sorted;
  instances.for_each_awake([&](Instance& instance) {
    if (!instance.held) return;
    const Operations& operations = instance.held->operations;
    if (at_end || std::any_of(operations.begin(), operations.end(), [&](const Operation& one) {
          return is_overdue(instance, one, now);
        })) {
      sorted.emplace_back(instance.id, &instance);
    }
  });
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    expect_to_judge(std::span(sorted).subspan(i));
    Instance& instance = *sorted[i].second;
    note_before(instance, true);
    if (judge(instance, now)) {
      Walk(instance, spares, names, options.clock_tolerance).from_base();
      instances.mark_changed(instance);
    }
    Changes::Occasion occasion;
    occasion.time = now;
    occasion.at_end = at_end;
    settle_hosts(was.answer.host, instance);
    const Sequence before_telling = changes.sequence();
    changes.tell(was, instance, occasion, records);
    if (changes.sequence() != before_telling) instances.mark_changed(instance);
  }
}

bool Model::advance(Time now, RecordConsumer& records) {
  impl_->judge_all(now, false, records);
  return fold_quiet(now, records);
}

bool Model::fold_quiet(Time now, RecordConsumer& records) {
  return impl_->fold_quiet(now, impl_->options.horizon, kFoldedByTime, records);
}

void Model::forget_history(Time before, std::size_t instances) {
  impl_->forget_history(before, instances);
}

void Model::finish(RecordConsumer& records) {
  if (impl_->newest) impl_->judge_all(*impl_->newest, true, records);
}

}  // namespace vmtrail
