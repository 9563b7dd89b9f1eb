// SPDX-License-Identifier: Apache-2.0
// history, together: stretches of time on hosts.

#include <algorithm>
#include <tuple>

#include "query/question.h"

namespace vmtrail {

namespace {

struct Stay {
  InstanceId id;
  std::string_view name;
  Interval interval;
};

void sort_by_time(std::vector<Stay>& stays) {
  std::sort(stays.begin(), stays.end(), [](const Stay& a, const Stay& b) {
    return std::tie(a.interval.from, a.id) < std::tie(b.interval.from, b.id);
  });
}

// Who was on the host at some time of the window.
std::vector<Stay> stays_on(std::string_view host, const Window& window, const Model& model) {
  std::vector<Stay> stays;
  model.for_each_instance([&](const InstanceAnswer& instance) {
    for (const Interval& interval : instance.timeline) {
      if (model.same_host(interval.host, host) && window.meets(interval)) {
        stays.push_back({instance.id, instance.name, interval});
      }
    }
  });
  sort_by_time(stays);
  return stays;
}

// An overlap is as sure as the less sure of the two.
Interval overlap(const Interval& a, const Interval& b) {
  Interval result = Window{a.from, a.to}.clip(b);
  if (a.confidence != Confidence::confirmed) result.confidence = a.confidence;
  return result;
}

}  // namespace

Result<void> answer_history(const Question& question, JsonWriter& out) {
  const bool of_host = question.request.find("host") != nullptr;
  if (of_host == (question.request.find("instance") != nullptr)) {
    return tl::unexpected(wrong_usage("history wants an instance or a host, one of them"));
  }
  const auto window = question.window();
  if (!window) return tl::unexpected(window.error());
  if (!of_host) {
    const auto id = question.instance();
    if (!id) return tl::unexpected(id.error());
    std::vector<Interval> timeline = question.model().instance(*id)->timeline;
    std::erase_if(timeline, [&](const Interval& interval) { return !window->meets(interval); });
    list(out, "history", timeline);
    return {};
  }
  const auto host = question.host();
  if (!host) return tl::unexpected(host.error());
  out.key("history").open('[');
  for (const Stay& stay : stays_on(host->name, *window, question.model())) {
    std::string interval;
    append_json(interval, stay.interval);
    out.open('{').field("instance", stay.id.to_string()).field("name", stay.name);
    out.raw(std::string_view(interval).substr(1));
  }
  out.close(']');
  return {};
}

Result<void> answer_together(const Question& question, JsonWriter& out) {
  const auto window = question.window();
  if (!window) return tl::unexpected(window.error());
  const auto id = question.instance();
  if (!id) return tl::unexpected(id.error());
  std::vector<Interval> own = question.model().instance(*id)->timeline;
  std::erase_if(own, [&](const Interval& interval) {
    return interval.host.empty() || !window->meets(interval);
  });
  for (Interval& interval : own) interval = window->clip(interval);

  std::vector<Stay> shared;
  question.model().for_each_instance([&](const InstanceAnswer& other) {
    if (other.id == *id) return;
    for (const Interval& mine : own) {
      const Window meanwhile{mine.from, mine.to};
      for (const Interval& theirs : other.timeline) {
        if (question.same_host(theirs.host, mine.host) && meanwhile.meets(theirs)) {
          shared.push_back({other.id, other.name, overlap(mine, theirs)});
        }
      }
    }
  });
  sort_by_time(shared);
  out.key("together").open('[');
  for (const Stay& stay : shared) {
    out.open('{').field("instance", stay.id.to_string()).field("name", stay.name);
    out.field("host", stay.interval.host).field("from", stay.interval.from);
    out.field("to", stay.interval.to).field("confidence", name(stay.interval.confidence));
    out.close('}');
  }
  out.close(']');
  return {};
}

}  // namespace vmtrail
