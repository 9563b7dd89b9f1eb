// SPDX-License-Identifier: Apache-2.0
// Queries: reading the model from the side.

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "model/impl.h"
#include "vmtrail/host_name.h"

namespace vmtrail {

namespace {

InstanceAnswer answer(const Instance& instance, const Names& names) {
  const State& state = instance.answer;
  InstanceAnswer result;
  result.id = instance.id;
  result.name = names.text(state.name);
  result.project_id = names.text(state.project_id);
  result.host = names.text(state.host);
  result.confidence = state.confidence;
  result.vm_state = names.text(state.vm_state);
  result.task_state = names.text(state.task_state);
  result.power_state = state.power;
  result.deleted = state.deleted;
  result.updated_at = instance.newest;
  append_timeline(result.timeline, instance, names);
  if (instance.held) {
    const Operation& last = instance.held->operations.back();
    if (last.serial() && !last.closed()) {
      summarise(result.operation, last, instance, names);
      if (result.operation && !is_open(result.operation->outcome)) result.operation.reset();
    }
  }
  if (state.decided_rule != nullptr) {
    const Rule& rule = *state.decided_rule;
    result.decided_by = Decision{state.decided_by, names.text(state.decided_event_type), rule.id,
                                 rule.file + ":" + std::to_string(rule.line), rule.why};
  }
  return result;
}

void append_migrations(std::vector<Migration>& out, const Instance& instance, const Names& names) {
  for (const MigrationEntry& entry : instance.migrations) {
    answer_migration(out.emplace_back(), instance.id, entry.request(), entry.view(), names);
  }
}

bool starts_before(const Migration& a, const Migration& b) {
  if (a.started_at != b.started_at) return a.started_at < b.started_at;
  if (a.request_id != b.request_id) return a.request_id.to_string() < b.request_id.to_string();
  if (a.instance != b.instance) return a.instance < b.instance;
  return std::tie(a.kind, a.source, a.destination) < std::tie(b.kind, b.source, b.destination);
}

bool is_prefix_of_uuid(std::string_view text) {
  return text.size() >= 4 && text.size() < kUuidSize &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

HostAnswer answer(const Hosts::Host& host, const Names& names) {
  return {names.text(host.name), host.status.now(), host.instances, host.status.since(),
          host.status.out_since()};
}

constexpr std::size_t kCandidatesNamed = 5;

}  // namespace

const Model::Options& Model::options() const {
  return impl_->options;
}

std::optional<Time> Model::stream_time() const {
  return impl_->stream;
}

Sequence Model::sequence() const {
  return impl_->changes.sequence();
}

std::optional<Time> Model::newest_event() const {
  return impl_->newest;
}

std::size_t Model::instance_count() const {
  return impl_->instances.size();
}

std::size_t Model::host_count() const {
  return impl_->hosts.size();
}

std::vector<InstanceId> Model::candidates(std::string_view text) const {
  if (const std::optional<InstanceId> id = InstanceId::parse(text)) {
    if (impl_->instances.contains(*id)) return {*id};
    return {};
  }
  NameIndex& index = impl_->make_index();
  std::vector<InstanceId> found;
  std::vector<InstanceId> former;  // of those that are deleted
  index.for_each_named(impl_->names.find(text), [&](std::uint32_t place) {
    Instance room;
    const Instance& instance = impl_->instances.read(place, room);
    (instance.answer.deleted ? former : found).push_back(instance.id);
  });
  if (found.empty() && is_prefix_of_uuid(text)) found = index.with_prefix(lower_case(text));
  if (found.empty()) found = std::move(former);
  std::sort(found.begin(), found.end());
  return found;
}

Result<InstanceId> Model::find(std::string_view text) const {
  const std::vector<InstanceId> found = candidates(text);
  if (found.size() == 1) return found.front();
  const bool is_id = InstanceId::parse(text).has_value();
  const std::string quoted = is_id ? std::string(text) : "'" + std::string(text) + "'";
  if (found.empty()) return tl::unexpected(Error{ErrorCode::not_found, "instance " + quoted});
  std::string detail = quoted + " may be";
  for (std::size_t i = 0; i < std::min(found.size(), kCandidatesNamed); ++i) {
    detail += (i == 0 ? " " : ", ") + found[i].to_string();
  }
  if (found.size() > kCandidatesNamed) {
    detail += " or " + std::to_string(found.size() - kCandidatesNamed) + " more";
  }
  return tl::unexpected(Error{ErrorCode::ambiguous, detail});
}

std::optional<InstanceAnswer> Model::instance(const InstanceId& id) const {
  Instance room;
  const Instance* const found = impl_->find(id, room);
  if (found == nullptr) return std::nullopt;
  return answer(*found, impl_->names);
}

std::vector<InstanceId> Model::instances_as_heard() const {
  std::vector<InstanceId> ids;
  ids.reserve(impl_->instances.size());
  for (std::uint32_t i = 0; i < impl_->instances.size(); ++i) ids.push_back(impl_->instances.id(i));
  return ids;
}

std::vector<InstanceId> Model::instances() const {
  std::vector<InstanceId> ids = instances_as_heard();
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Model::for_each_instance(const std::function<void(const InstanceAnswer&)>& take) const {
  impl_->instances.for_each(
      [&](const Instance& instance) { take(answer(instance, impl_->names)); });
}

std::vector<Migration> Model::migrations() const {
  std::vector<Migration> result;
  impl_->instances.for_each(
      [&](const Instance& instance) { append_migrations(result, instance, impl_->names); });
  std::sort(result.begin(), result.end(), starts_before);
  return result;
}

std::vector<Migration> Model::migrations(const InstanceId& id) const {
  std::vector<Migration> result;
  Instance room;
  if (const Instance* const found = impl_->find(id, room)) {
    append_migrations(result, *found, impl_->names);
  }
  std::sort(result.begin(), result.end(), starts_before);
  return result;
}

std::vector<HostAnswer> Model::hosts() const {
  std::vector<HostAnswer> result;
  result.reserve(impl_->hosts.size());
  for (const Hosts::Host& host : impl_->hosts.all()) {
    result.push_back(answer(host, impl_->names));
  }
  std::sort(result.begin(), result.end(),
            [](const HostAnswer& a, const HostAnswer& b) { return a.name < b.name; });
  return result;
}

std::vector<InstanceId> Model::Impl::instances_on(const Hosts::Host& host) {
  std::vector<InstanceId> found;
  if (host.instances == 0) return found;
  if (index) {
    index->for_each_on(host.key,
                       [&](std::uint32_t place) { found.push_back(instances.id(place)); });
  } else {
    instances.for_each([&](const Instance& instance) {
      const NameId its = instance.answer.host;
      if (its != NameId::nothing && names.host_key(its) == host.key) found.push_back(instance.id);
    });
  }
  std::sort(found.begin(), found.end());
  return found;
}

NameIndex& Model::Impl::make_index() {
  if (!index) index = std::make_unique<NameIndex>(instances, names);
  return *index;
}

void Model::index() {
  impl_->make_index();
}

std::vector<InstanceId> Model::instances_on(std::string_view host) const {
  const NameId key = impl_->names.find(impl_->names.key_of_host(host));
  std::vector<InstanceId> found;
  impl_->make_index().for_each_on(
      key, [&](std::uint32_t place) { found.push_back(impl_->instances.id(place)); });
  std::sort(found.begin(), found.end());
  return found;
}

const Hosts::Host* Model::Impl::find_host(std::string_view name) const {
  return hosts.find(names.find(names.key_of_host(name)));
}

std::optional<HostAnswer> Model::host(std::string_view name) const {
  const Hosts::Host* const host = impl_->find_host(name);
  if (host == nullptr) return std::nullopt;
  return answer(*host, impl_->names);
}

std::optional<HostStatus> Model::host_status(std::string_view name, Time at) const {
  const Hosts::Host* const host = impl_->find_host(name);
  if (host == nullptr) return std::nullopt;
  return host->status.at(at);
}

bool Model::same_host(std::string_view a, std::string_view b) const {
  return a == b || impl_->names.key_of_host(a) == impl_->names.key_of_host(b);
}

std::vector<ClockSkew> Model::clock_skews() const {
  return impl_->skew.answer(impl_->names);
}

void Model::write_placement(const std::function<void(std::string_view)>& write) const {
  std::string text = "{\"as_of\":";
  if (impl_->newest) {
    text += '"';
    append_time(text, *impl_->newest);
    text += '"';
  } else {
    text += "null";
  }
  text += ",\"sequence\":" + std::to_string(static_cast<std::uint64_t>(sequence()));
  text += ",\"instances\":[";
  bool first = true;
  for (const InstanceId& id : instances()) {
    text += first ? "\n" : ",\n";
    first = false;
    append_json(text, *instance(id));
    write(text);
    text.clear();
  }
  text += "],\n\"migrations\":[";
  first = true;
  for (const Migration& migration : migrations()) {
    text += first ? "\n" : ",\n";
    first = false;
    append_json(text, migration);
    write(text);
    text.clear();
  }
  text += "]}\n";
  write(text);
}

const Interval* at(const std::vector<Interval>& timeline, Time time) {
  const auto found =
      std::find_if(timeline.rbegin(), timeline.rend(), [&](const Interval& interval) {
        return interval.from <= time && (!interval.to || time < *interval.to);
      });
  return found == timeline.rend() ? nullptr : &*found;
}

}  // namespace vmtrail
