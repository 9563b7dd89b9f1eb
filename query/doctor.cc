// SPDX-License-Identifier: Apache-2.0
// doctor: what the feed lacks, as far as what came tells, and what cures it.

#include <algorithm>
#include <chrono>
#include <map>

#include "query/question.h"
#include "vmtrail/host_name.h"

namespace vmtrail {

namespace {

struct Finding {
  std::string_view code;
  Severity severity;
  std::string summary;
  std::vector<std::string> cure;  ///< lines of configuration under their file's name
};
using Findings = std::vector<Finding>;
using Feed = std::vector<FeedLine>;

// Within this of the newest event each host with instances should be heard of: audits are hourly.
constexpr Duration kSilence = std::chrono::hours{24};
constexpr Duration kAuditedSilence = std::chrono::hours{2};
// So many operations without an end in a hundred make a loss of events likely.
constexpr std::size_t kLossPercent = 2;

bool is_legacy(std::string_view type) {
  return type.starts_with("compute.");
}
bool is_versioned(std::string_view type) {
  return type.starts_with("instance.");
}
bool is_update(std::string_view type) {
  return type.ends_with("instance.update");
}
bool is_audit(std::string_view type) {
  return type.ends_with("instance.exists");
}

bool any(const Feed& feed, bool (*kind)(std::string_view)) {
  return std::any_of(feed.begin(), feed.end(),
                     [&](const FeedLine& line) { return kind(line.event_type); });
}

std::string ratio(std::size_t part, std::size_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

void look_for_updates(const Feed& feed, Findings& found) {
  if (any(feed, is_update)) return;
  found.push_back({"no_updates",
                   Severity::warning,
                   "no instance.update came: changes of state between operations stay unseen, and "
                   "a lost end is healed by the next operation only",
                   {"# nova.conf, on every Nova service", "[notifications]",
                    "notify_on_state_change = vm_and_task_state"}});
}

void look_for_audits(const Feed& feed, Findings& found) {
  if (any(feed, is_audit)) return;
  found.push_back({"no_audits",
                   Severity::info,
                   "no periodic instance.exists came: what was lost is not put right every hour",
                   {"# nova.conf, on every compute host", "[DEFAULT]",
                    "instance_usage_audit = True", "instance_usage_audit_period = hour"}});
}

void look_for_payload_hosts(const Feed& feed, Findings& found) {
  std::uint64_t facts = 0;
  std::uint64_t with = 0;
  for (const FeedLine& line : feed) {
    facts += line.facts;
    with += line.with_payload_host;
  }
  if (facts == 0 || with > 0) return;
  found.push_back(
      {"no_payload_host",
       Severity::warning,
       "no event tells the instance's own host, only who sent it: Ceilometer's default traits; a "
       "lost event costs more",
       {"# event_definitions.yaml of Ceilometer: a whole copy, this under compute.instance.*",
        "vm_host:", "  fields: payload.host", "# rules of vmtrail, for --rules", "version: 1",
        "traits: {payload_host: [vm_host]}"}});
}

void look_at_formats(const Feed& feed, Findings& found) {
  const bool legacy = any(feed, is_legacy);
  const bool versioned = any(feed, is_versioned);
  if (legacy == versioned) return;
  const std::string lacking =
      legacy ? "only unversioned notifications came: they tell no power state and no compute "
               "service that goes down"
             : "only versioned notifications came: Ceilometer reads the unversioned alone";
  found.push_back(
      {"one_format",
       Severity::info,
       lacking,
       {"# nova.conf, on every Nova service", "[notifications]", "notification_format = both"}});
}

void look_at_clocks(const Model& model, Findings& found) {
  const Duration tolerance = model.options().clock_tolerance;
  for (const ClockSkew& skew : model.clock_skews()) {
    if (2 * skew.at_least <= tolerance) continue;
    const bool beyond = skew.at_least > tolerance;
    const std::chrono::duration<double> by = skew.at_least;
    found.push_back({"clock_skew",
                     beyond ? Severity::error : Severity::warning,
                     "the clock of " + std::string(skew.ahead) + " is ahead of that of " +
                         std::string(skew.behind) + " by " + std::to_string(by.count()) +
                         " s or more" +
                         (beyond ? ", which is beyond the tolerance: answers are at risk" : ""),
                     {"# on both", "chronyc tracking"}});
  }
}

void look_for_silence(const Feed& feed, const Model& model, Findings& found) {
  std::map<std::string, Time> heard;
  for (const FeedLine& line : feed) {
    const std::string host =
        lower_case(std::string_view(line.publisher)
                       .substr(std::min(line.publisher.find('.') + 1, line.publisher.size())));
    Time& last = heard.try_emplace(host, line.newest).first->second;
    last = std::max(last, line.newest);
  }
  const Time newest = model.newest_event().value_or(Time{});
  const Duration allowed = any(feed, is_audit) ? kAuditedSilence : kSilence;
  for (const HostAnswer& host : model.hosts()) {
    if (host.instances == 0) continue;
    auto last = heard.find(lower_case(host.name));
    if (last == heard.end()) {  // under another of its names, with its domain or without
      last = std::find_if(heard.begin(), heard.end(),
                          [&](const auto& one) { return model.same_host(one.first, host.name); });
    }
    if (last != heard.end() && last->second + allowed >= newest) continue;
    found.push_back(
        {"silent_host",
         Severity::warning,
         std::string(host.name) + " has " + std::to_string(host.instances) +
             (host.instances == 1 ? " instance" : " instances") + ", and sent nothing " +
             (last == heard.end() ? "that is still known" : "since " + to_string(last->second)),
         {"# nova.conf on " + std::string(host.name), "[oslo_messaging_notifications]",
          "driver = messagingv2"}});
  }
}

void look_for_loss(const Model& model, Findings& found) {
  std::size_t endless = 0;
  const std::vector<Migration> migrations = model.migrations();
  for (const Migration& one : migrations) {
    if (one.outcome == Outcome::stuck || one.outcome == Outcome::uncertain) ++endless;
  }
  std::size_t probable = 0;
  std::size_t alive = 0;
  model.for_each_instance([&](const InstanceAnswer& instance) {
    if (instance.deleted) return;
    ++alive;
    if (instance.confidence == Confidence::probable || instance.confidence == Confidence::unknown) {
      ++probable;
    }
  });
  const auto many = [](std::size_t part, std::size_t whole) {
    return part > 0 && part * 100 >= whole * kLossPercent;
  };
  if (!many(endless, migrations.size()) && !many(probable, alive)) return;
  found.push_back({"loss_suspected",
                   Severity::warning,
                   ratio(endless, migrations.size()) + " migrations have no end, the place of " +
                       ratio(probable, alive) + " instances is not sure: events get lost",
                   {"# ceilometer.conf of the notification agent", "[notification]",
                    "ack_on_event_error = False",
                    "# nova.conf and ceilometer.conf: queues that outlive the broker",
                    "[oslo_messaging_rabbit]", "amqp_durable_queues = True"}});
}

}  // namespace

Result<void> answer_doctor(const Question& question, JsonWriter& out) {
  if (question.subject.feed == nullptr) {
    return tl::unexpected(wrong_usage("doctor wants a state directory"));
  }
  const Feed& feed = *question.subject.feed;
  const Model& model = question.model();
  Findings found;
  if (feed.empty()) {
    found.push_back({"no_events",
                     Severity::error,
                     "no event came",
                     {"# nova.conf, on every Nova service", "[oslo_messaging_notifications]",
                      "driver = messagingv2"}});
  } else {
    look_for_updates(feed, found);
    look_for_payload_hosts(feed, found);
    look_for_audits(feed, found);
    look_at_formats(feed, found);
    look_at_clocks(model, found);
    look_for_silence(feed, model, found);
    look_for_loss(model, found);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  out.key("findings").open('[');
  for (const Finding& one : found) {
    out.open('{').field("code", one.code).field("severity", name(one.severity));
    out.field("summary", one.summary).key("cure").open('[');
    for (const std::string& line : one.cure) out.value(line);
    out.close(']').close('}');
  }
  out.close(']');
  return {};
}

}  // namespace vmtrail
