// SPDX-License-Identifier: Apache-2.0
// where, host, hosts, instances: who is where, now or at a time.

#include <algorithm>

#include "query/question.h"
#include "vmtrail/condition.h"

namespace vmtrail {

namespace {

void write_decision(JsonWriter& out, const Decision& decision) {
  out.key("decided_by").open('{').field("message_id", decision.message_id.to_string());
  out.field("event_type", decision.event_type).field("rule", decision.rule);
  out.field("at", decision.at).field("why", decision.why).close('}');
}

// What the filters of `instances` ask; empty: anything.
struct Filter {
  std::string host;
  std::string project;
  std::string vm_state;
  std::string name;

  /// Or not even that.
  [[nodiscard]] bool is_host_alone() const {
    return project.empty() && vm_state.empty() && name.empty();
  }
  /// But for the host.
  [[nodiscard]] bool admits(const InstanceAnswer& instance) const {
    return (project.empty() || instance.project_id == project) &&
           (vm_state.empty() || instance.vm_state == vm_state) &&
           (name.empty() || glob_match(name, instance.name));
  }
};

std::string given(const Question& question, std::string_view option) {
  const std::string* const value = question.request.find(option);
  return value == nullptr ? std::string() : *value;
}

// Empty: it was told later only.
std::string_view status_of(const HostAnswer& host, const std::optional<Time>& at,
                           const Model& model) {
  if (!at || !host.since) return name(host.status);
  const auto status = model.host_status(host.name, *at);
  return status ? name(*status) : std::string_view();
}

}  // namespace

Result<void> answer_where(const Question& question, JsonWriter& out) {
  const auto time = question.time("at");
  if (!time) return tl::unexpected(time.error());
  const auto id = question.instance();
  if (!id) return tl::unexpected(id.error());
  InstanceAnswer instance = *question.model().instance(*id);
  if (*time) {
    turn_back(instance, **time);
    out.field("at", **time);
  }
  out.key("instance").shape(instance);
  if (instance.decided_by) write_decision(out, *instance.decided_by);
  return {};
}

Result<void> answer_host(const Question& question, JsonWriter& out) {
  const auto time = question.time("at");
  if (!time) return tl::unexpected(time.error());
  const auto host = question.host();
  if (!host) return tl::unexpected(host.error());
  const Model& model = question.model();
  std::vector<InstanceAnswer> found;
  if (*time) {
    model.for_each_instance([&](const InstanceAnswer& instance) {
      const Interval* const then = at(instance.timeline, **time);
      if (then == nullptr || !question.same_host(then->host, host->name)) return;
      turn_back(found.emplace_back(instance), **time);
    });
    std::sort(found.begin(), found.end(),
              [](const InstanceAnswer& a, const InstanceAnswer& b) { return a.id < b.id; });
  } else {
    for (const InstanceId& id : model.instances_on(host->name)) {
      found.push_back(*model.instance(id));
    }
  }
  if (*time) out.field("at", **time);
  out.key("host").open('{').field("name", host->name);
  out.field("status", status_of(*host, *time, model));
  list(out, "instances", found);
  out.close('}');
  return {};
}

Result<void> answer_hosts(const Question& question, JsonWriter& out) {
  list(out, "hosts", question.model().hosts());
  return {};
}

// By id, so that the last one is the marker of what follows.
Result<void> answer_instances(const Question& question, JsonWriter& out) {
  const Model& model = question.model();
  const auto limit = question.limit();
  if (!limit) return tl::unexpected(limit.error());
  std::optional<InstanceId> marker;
  if (const std::string* const text = question.request.find("marker")) {
    marker = InstanceId::parse(*text);
    if (!marker) return tl::unexpected(wrong_usage("the marker '" + *text + "' is not a UUID"));
  }
  const Filter filter{given(question, "host"), given(question, "project"), given(question, "state"),
                      given(question, "name")};

  std::vector<InstanceId> found;
  if (!filter.host.empty()) {
    found = model.instances_on(filter.host);
  } else if (filter.is_host_alone()) {
    found = model.instances_as_heard();
  } else {
    model.for_each_instance([&](const InstanceAnswer& instance) {
      if (filter.admits(instance)) found.push_back(instance.id);
    });
  }
  if (marker) std::erase_if(found, [&](const InstanceId& id) { return id <= *marker; });
  if (!filter.host.empty() && !filter.is_host_alone()) {
    std::erase_if(found, [&](const InstanceId& id) { return !filter.admits(*model.instance(id)); });
  }
  const std::size_t shown = std::min(*limit, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(shown), found.end());
  out.key("instances").open('[');
  for (std::size_t i = 0; i < shown; ++i) out.shape(*model.instance(found[i]));
  out.close(']').key("next");
  if (shown < found.size()) {
    out.value(found[shown - 1].to_string());
  } else {
    out.raw("null");
  }
  return {};
}

}  // namespace vmtrail
