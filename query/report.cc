// SPDX-License-Identifier: Apache-2.0
// report hosts: which VM ran where for how long, as evidence for licences and audits.

#include <algorithm>
#include <chrono>
#include <map>

#include "query/question.h"
#include "vmtrail/condition.h"

namespace vmtrail {

namespace {

constexpr std::string_view kProves =
    "Where the VMs ran, as far as the events tell and their history is kept (retention, "
    "--history). What is not confirmed is counted as probable. It does not settle what a licence "
    "claims.";

double hours(Duration time) {
  return std::chrono::duration<double, std::ratio<3600>>(time).count();
}

/// One VM's time on one host, within the window.
struct Use {
  std::string_view host;
  std::vector<Interval> intervals;  ///< all of them ended

  [[nodiscard]] Duration time(bool sure_as_well) const {
    Duration sum{};
    for (const Interval& one : intervals) {
      if (sure_as_well || one.confidence != Confidence::confirmed) sum += *one.to - one.from;
    }
    return sum;
  }
};

struct Row {
  InstanceAnswer instance;
  std::vector<Use> uses;  ///< in the order of the first times there
};

/// What one host was used for, and by how many at once.
struct HostUse {
  std::size_t instances = 0;
  Duration time{};
  std::vector<std::pair<Time, int>> steps;  ///< +1 one comes, -1 one goes

  struct Most {
    int count = 0;
    std::optional<Time> at;  ///< first
  };
  [[nodiscard]] Most most() {
    std::sort(steps.begin(), steps.end());  // who goes makes room for who comes at the same time
    Most most;
    int now = 0;
    for (const auto& [moment, step] : steps) {
      now += step;
      if (now > most.count) most = {now, moment};
    }
    return most;
  }
};

// Nothing is claimed beyond the newest event.
Window up_to_newest(Window window, Time newest) {
  window.until = std::min(window.until.value_or(newest), newest);
  return window;
}

std::vector<Use> uses(const InstanceAnswer& instance, const Window& window, const Model& model) {
  std::vector<Use> result;
  for (const Interval& interval : instance.timeline) {
    if (interval.host.empty() || !window.meets(interval)) continue;
    auto use = std::find_if(result.begin(), result.end(), [&](const Use& one) {
      return model.same_host(one.host, interval.host);
    });
    if (use == result.end()) use = result.insert(result.end(), Use{interval.host, {}});
    use->intervals.push_back(window.clip(interval));
  }
  return result;
}

void write(JsonWriter& out, const Row& row, const Use& use) {
  out.open('{').field("instance", row.instance.id.to_string());
  out.field("name", row.instance.name).field("project_id", row.instance.project_id);
  out.field("host", use.host).field("hours", hours(use.time(true)));
  out.field("probable_hours", hours(use.time(false)));
  list(out, "intervals", use.intervals);
  out.close('}');
}

void write_hosts(JsonWriter& out, const std::vector<Row>& rows, const Model& model) {
  // However facts spelled a host, it is one.
  std::map<std::string_view, std::string_view> names;
  std::map<std::string_view, HostUse> hosts;
  for (const Row& row : rows) {
    for (const Use& use : row.uses) {
      const auto [name, first] = names.try_emplace(use.host, use.host);
      if (const auto known = first ? model.host(use.host) : std::nullopt)
        name->second = known->name;
      HostUse& host = hosts[name->second];
      ++host.instances;
      host.time += use.time(true);
      for (const Interval& one : use.intervals) {
        host.steps.emplace_back(one.from, +1);
        host.steps.emplace_back(*one.to, -1);
      }
    }
  }
  out.key("hosts").open('[');
  for (auto& [name, host] : hosts) {
    const HostUse::Most most = host.most();
    out.open('{').field("host", name).field("instances", host.instances);
    out.field("hours", hours(host.time));
    out.field("most_at_once", static_cast<std::size_t>(most.count)).field("most_at", most.at);
    out.close('}');
  }
  out.close(']');
}

void write_inputs(JsonWriter& out, const InputDigest* inputs) {
  out.key("inputs");
  if (inputs == nullptr) {
    out.raw("null");
    return;
  }
  out.open('{').field("messages", inputs->messages).field("sha256", inputs->sha256).close('}');
}

}  // namespace

Result<void> answer_report(const Question& question, JsonWriter& out) {
  const auto of = question.required("report");
  if (!of) return tl::unexpected(of.error());
  if (*of != "hosts") {
    return tl::unexpected(wrong_usage("unknown report '" + *of + "'; there is hosts"));
  }
  const auto asked = question.window();
  if (!asked) return tl::unexpected(asked.error());
  const auto newest = question.model().newest_event();
  const Window window = newest ? up_to_newest(*asked, *newest) : *asked;
  const std::string* const project = question.request.find("project");
  const std::string* const pattern = question.request.find("name");

  std::vector<Row> rows;
  question.model().for_each_instance([&](const InstanceAnswer& instance) {
    if (project != nullptr && instance.project_id != *project) return;
    if (pattern != nullptr && !glob_match(*pattern, instance.name)) return;
    if (auto used = uses(instance, window, question.model()); !used.empty()) {
      rows.push_back({instance, std::move(used)});
    }
  });
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.instance.id < b.instance.id; });

  out.key("report").open('{').field("report", *of);
  out.field("since", window.since).field("until", window.until);
  out.key("rows").open('[');
  for (const Row& row : rows) {
    for (const Use& use : row.uses) write(out, row, use);
  }
  out.close(']');
  write_hosts(out, rows, question.model());
  write_inputs(out, question.subject.inputs);
  out.field("proves", kProves).close('}');
  return {};
}

}  // namespace vmtrail
