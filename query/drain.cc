// SPDX-License-Identifier: Apache-2.0
// drain, impact: what a host held at a time, and what became of it since.

#include <algorithm>
#include <chrono>

#include "query/question.h"

namespace vmtrail {

namespace {

constexpr Duration kDay = std::chrono::hours{24};

// The option, else when what the answer is about began, else a while before the newest event.
Result<Time> beginning(const Question& question, std::optional<Time> began, Duration otherwise) {
  const auto given = question.time("since");
  if (!given) return tl::unexpected(given.error());
  if (*given) return **given;
  return began.value_or(question.model().newest_event().value_or(Time{}) - otherwise);
}

/// How an instance came to be elsewhere.
struct Leaving {
  Time at;
  std::string_view to;     ///< empty: it has no host
  std::string_view cause;  ///< empty: it was deleted
};

// The first time that it left the host after `since`.
std::optional<Leaving> leaving(const InstanceAnswer& instance, std::string_view host, Time since,
                               const Model& model) {
  for (auto stay = instance.timeline.begin(); stay != instance.timeline.end(); ++stay) {
    if (!model.same_host(stay->host, host) || !stay->to || *stay->to <= since) continue;
    const auto next = std::next(stay);
    if (next == instance.timeline.end()) return Leaving{*stay->to, {}, {}};
    return Leaving{*stay->to, next->host, next->cause};
  }
  return std::nullopt;
}

std::vector<InstanceAnswer> sorted(std::vector<InstanceAnswer> instances) {
  std::sort(instances.begin(), instances.end(),
            [](const InstanceAnswer& a, const InstanceAnswer& b) { return a.id < b.id; });
  return instances;
}

JsonWriter& open_instance(JsonWriter& out, const InstanceAnswer& instance) {
  return out.open('{').field("instance", instance.id.to_string()).field("name", instance.name);
}

void write_migrations(JsonWriter& out, std::string_view key, const std::vector<Migration>& all,
                      bool (*wanted)(Outcome)) {
  out.key(key).open('[');
  for (const Migration& one : all) {
    if (wanted(one.outcome)) out.shape(one);
  }
  out.close(']');
}

std::string_view became(const InstanceAnswer& instance, const HostAnswer& host, Time since,
                        const Model& model) {
  if (instance.deleted) return "deleted";
  if (model.same_host(instance.host, host.name)) {
    return host.status == HostStatus::down ? "waiting" : "back";
  }
  if (instance.host.empty()) return "unplaced";
  const auto left = leaving(instance, host.name, since, model);
  return left && left->cause == name(MigrationKind::evacuation) ? "evacuated" : "moved";
}

}  // namespace

Result<void> answer_drain(const Question& question, JsonWriter& out) {
  const auto host = question.host();
  if (!host) return tl::unexpected(host.error());
  const auto since = beginning(question, host->out_since, kDay);
  if (!since) return tl::unexpected(since.error());
  std::vector<InstanceAnswer> before;
  std::vector<InstanceAnswer> left;
  std::vector<InstanceAnswer> remaining;
  question.model().for_each_instance([&](const InstanceAnswer& instance) {
    const Interval* const then = at(instance.timeline, *since);
    if (then != nullptr && question.same_host(then->host, host->name)) before.push_back(instance);
    if (question.same_host(instance.host, host->name)) {
      remaining.push_back(instance);
    } else if (leaving(instance, host->name, *since, question.model())) {
      left.push_back(instance);
    }
  });
  std::vector<Migration> migrations = question.model().migrations();
  std::erase_if(migrations, [&](const Migration& one) {
    return one.started_at < *since || !question.same_host(one.source, host->name);
  });

  out.key("drain").open('{').field("host", host->name).field("status", name(host->status));
  out.field("since", *since).key("before").open('[');
  for (const InstanceAnswer& instance : sorted(std::move(before))) {
    open_instance(out, instance).close('}');
  }
  out.close(']').key("left").open('[');
  for (const InstanceAnswer& instance : sorted(std::move(left))) {
    const Leaving how = *leaving(instance, host->name, *since, question.model());
    open_instance(out, instance).field("to", how.to).field("at", how.at);
    out.field("cause", how.cause.empty() ? "delete" : how.cause).close('}');
  }
  out.close(']');
  write_migrations(out, "failed", migrations, [](Outcome outcome) {
    return outcome == Outcome::failed || outcome == Outcome::aborted;
  });
  write_migrations(out, "open", migrations, is_open);
  out.key("remaining").open('[');
  for (const InstanceAnswer& instance : sorted(std::move(remaining))) {
    const Interval* const now = instance.timeline.empty() ? nullptr : &instance.timeline.back();
    open_instance(out, instance).field("since", now ? std::optional(now->from) : std::nullopt);
    out.field("confidence", name(instance.confidence)).close('}');
  }
  out.close(']').close('}');
  return {};
}

Result<void> answer_impact(const Question& question, JsonWriter& out) {
  const auto host = question.host();
  if (!host) return tl::unexpected(host.error());
  const auto since = beginning(question, host->since, Duration{});
  if (!since) return tl::unexpected(since.error());
  // Whoever is on a host that is up would be hit if it went down.
  const bool happened =
      host->status == HostStatus::down || question.request.find("since") != nullptr;
  std::vector<InstanceAnswer> hit;
  question.model().for_each_instance([&](const InstanceAnswer& instance) {
    const Interval* const then = happened ? at(instance.timeline, *since) : nullptr;
    if (question.same_host(happened ? (then == nullptr ? "" : then->host) : instance.host,
                           host->name)) {
      hit.push_back(instance);
    }
  });
  out.key("impact").open('{').field("host", host->name).field("status", name(host->status));
  out.field("since", happened ? std::optional(*since) : std::nullopt);
  out.field("count", hit.size()).key("instances").open('[');
  for (const InstanceAnswer& instance : sorted(std::move(hit))) {
    open_instance(out, instance).field("project_id", instance.project_id);
    out.field("vm_state", instance.vm_state);
    out.field("became",
              happened ? became(instance, *host, *since, question.model()) : std::string_view());
    out.field("host", instance.host).close('}');
  }
  out.close(']').close('}');
  return {};
}

}  // namespace vmtrail
