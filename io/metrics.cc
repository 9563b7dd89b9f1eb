// SPDX-License-Identifier: Apache-2.0

#include "io/metrics.h"

#include <future>
#include <initializer_list>
#include <utility>
#include <vector>

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "io/keeper.h"

namespace vmtrail {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;
using Labels = std::vector<ClientMetric::Label>;

constexpr auto kPatience = std::chrono::seconds{1};  // with the keeper
constexpr auto kSilent = std::chrono::hours{2};      // twice an hourly audit

MetricFamily& family(Families& all, const char* name, const char* help, MetricType type) {
  all.push_back({name, help, type, {}});
  return all.back();
}

void add(MetricFamily& to, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
  to.metric.push_back(std::move(metric));
}

void gauge(Families& all, const char* name, const char* help, double value) {
  add(family(all, name, help, MetricType::Gauge), {}, value);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string spelled(Format format) {
  for (const char* name : {"log", "ceilometer", "oslo", "nova", "ceilometer-file", "zenoss"}) {
    if (parse_format(name) == format) return name;
  }
  return "any";
}

void add_events(Families& all, const Keeper& keeper) {
  MetricFamily& events =
      family(all, "vmtrail_events_total", "Events by source, format (as configured) and outcome.",
             MetricType::Counter);
  for (const auto& [name, source] : keeper.sources()) {
    const DeliveryCounts& counts = source.counts;
    for (const auto& [outcome, count] : {std::pair{"applied", counts.applied},
                                         {"duplicate", counts.duplicate},
                                         {"ignored", counts.ignored},
                                         {"quarantined", counts.quarantined}}) {
      add(events, {{"source", name}, {"format", spelled(source.format)}, {"outcome", outcome}},
          static_cast<double>(count));
    }
  }
}

void add_reasons(Families& all, const Counts& counts) {
  MetricFamily& ignored =
      family(all, "vmtrail_ignored_total", "Events that changed nothing.", MetricType::Counter);
  for (const ErrorInfo& row : error_table()) {
    const auto count = counts.ignored[static_cast<std::size_t>(row.code)];
    if (count > 0) add(ignored, {{"reason", std::string(row.name)}}, static_cast<double>(count));
  }
  MetricFamily& quarantined =
      family(all, "vmtrail_quarantined_total", "What could not be decoded or was ambiguous.",
             MetricType::Counter);
  for (const ErrorInfo& row : error_table()) {
    const auto count = counts.quarantined[static_cast<std::size_t>(row.code)];
    if (count > 0)
      add(quarantined, {{"reason", std::string(row.name)}}, static_cast<double>(count));
  }
  add(family(all, "vmtrail_skipped_lines_total", "Lines of logs without an event.",
             MetricType::Counter),
      {}, static_cast<double>(counts.skipped_lines));
  MetricFamily& records =
      family(all, "vmtrail_records_total", "Change records by type.", MetricType::Counter);
  for (std::size_t type = 0; type < kRecordTypes; ++type) {
    add(records, {{"type", std::string(name(static_cast<RecordType>(type)))}},
        static_cast<double>(counts.records[type]));
  }
}

// In the keeper's thread.
Families of_keeper(const Keeper& keeper) {
  Families all;
  add_events(all, keeper);
  add_reasons(all, keeper.counts());
  const Model& model = keeper.model();
  gauge(all, "vmtrail_instances", "Instances ever heard of.",
        static_cast<double>(model.instance_count()));
  gauge(all, "vmtrail_hosts", "Hosts ever heard of.", static_cast<double>(model.host_count()));
  gauge(all, "vmtrail_sequence", "Sequence of the last record.",
        static_cast<double>(static_cast<std::uint64_t>(model.sequence())));
  if (const auto newest = model.newest_event()) {
    gauge(all, "vmtrail_newest_event_timestamp_seconds", "Time of the newest event.",
          seconds(newest->time_since_epoch()));
    gauge(all, "vmtrail_lag_seconds", "Age of the newest event.", seconds(keeper.now() - *newest));
  }
  gauge(all, "vmtrail_migrations_open", "Migrations that are under way.",
        static_cast<double>(keeper.situation().open_migrations()));
  gauge(all, "vmtrail_hosts_silent",
        "Publishers that were heard of since the start, but not for two hours.",
        static_cast<double>(keeper.situation().silent_hosts(keeper.now() - kSilent)));
  gauge(all, "vmtrail_commit_failing", "1: the last commit failed, and is tried again.",
        keeper.failing() ? 1 : 0);
  return all;
}

void add_sinks(Families& all, std::span<const std::unique_ptr<SinkFeed>> sinks) {
  MetricFamily sent{"vmtrail_sink_sent_total", "Records delivered.", MetricType::Counter, {}};
  MetricFamily failures{
      "vmtrail_sink_failures_total", "Deliveries that failed.", MetricType::Counter, {}};
  MetricFamily lost{"vmtrail_sink_compacted_total",
                    "Records dropped before the sink took them.",
                    MetricType::Counter,
                    {}};
  MetricFamily behind{
      "vmtrail_sink_behind", "Records that it has not got yet.", MetricType::Gauge, {}};
  MetricFamily up{"vmtrail_sink_up", "0: the last delivery failed.", MetricType::Gauge, {}};
  for (const auto& sink : sinks) {
    const Labels label = {{"sink", sink->name()}};
    add(sent, label, static_cast<double>(sink->sent()));
    add(failures, label, static_cast<double>(sink->failures()));
    add(lost, label, static_cast<double>(sink->compacted()));
    add(behind, label, static_cast<double>(sink->behind()));
    add(up, label, sink->failing() ? 0 : 1);
  }
  for (MetricFamily* one : {&sent, &failures, &lost, &behind, &up}) all.push_back(std::move(*one));
}

void add_reconciler(Families& all, const Reconciler::Figures& figures) {
  const auto counter = [&all](const char* name, const char* help, std::uint64_t value) {
    add(family(all, name, help, MetricType::Counter), {}, static_cast<double>(value));
  };
  counter("vmtrail_reconcile_failures_total", "Times that the cloud could not be compared with.",
          figures.failures);
  counter("vmtrail_reconcile_applied_total", "Differences that were put right.", figures.applied);
  if (!figures.succeeded_at) return;
  gauge(all, "vmtrail_reconcile_success_timestamp_seconds",
        "When the cloud was last compared with.",
        seconds(figures.succeeded_at->time_since_epoch()));
  gauge(all, "vmtrail_reconcile_agreed", "Instances that agreed then.",
        static_cast<double>(figures.agreed));
  MetricFamily& drift = family(all, "vmtrail_reconcile_drift",
                               "Differences that were found then, by class.", MetricType::Gauge);
  for (std::size_t i = 0; i < kDriftClasses; ++i) {
    add(drift, {{"class", std::string(name(static_cast<DriftClass>(i)))}},
        static_cast<double>(figures.drift[i]));
  }
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Histogram& commits =
      prometheus::BuildHistogram()
          .Name("vmtrail_commit_seconds")
          .Help("How long a batch took to be committed.")
          .Register(registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                           0.05, 0.1, 0.2, 0.5, 1, 2, 5});
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::committed(std::chrono::nanoseconds took) {
  impl_->commits.Observe(std::chrono::duration<double>(took).count());
}

std::string Metrics::text(Intake& intake, std::span<const SourceState> sources,
                          std::span<const std::unique_ptr<SinkFeed>> sinks,
                          const WatchDesk::Figures& watching, const Reconciler* reconciler) const {
  Families all = impl_->registry.Collect();
  const Intake::Depth depth = intake.depth();
  gauge(all, "vmtrail_intake_deliveries", "Deliveries that wait for the keeper.",
        static_cast<double>(depth.deliveries));
  gauge(all, "vmtrail_intake_bytes", "Bytes of these.", static_cast<double>(depth.bytes));
  gauge(all, "vmtrail_intake_inquiries", "Questions that wait for the keeper.",
        static_cast<double>(depth.inquiries));
  // Shared: the keeper may answer after nobody waits any more.
  const auto answer = std::make_shared<std::promise<Families>>();
  auto answered = answer->get_future();
  const bool asked =
      intake.ask([answer](const Keeper& keeper) { answer->set_value(of_keeper(keeper)); });
  if (asked && answered.wait_for(kPatience) == std::future_status::ready) {
    for (MetricFamily& one : answered.get()) all.push_back(std::move(one));
  }
  MetricFamily& up = family(all, "vmtrail_source_up",
                            "0: it cannot receive (broker gone, file missing).", MetricType::Gauge);
  for (const SourceState& source : sources) {
    if (source.up) add(up, {{"source", source.name}}, *source.up ? 1 : 0);
  }
  add_sinks(all, sinks);
  if (reconciler != nullptr) add_reconciler(all, reconciler->figures());
  gauge(all, "vmtrail_watchers", "Watchers that are told of changes now.",
        static_cast<double>(watching.watchers));
  add(family(all, "vmtrail_watchers_cut_total", "Watchers cut off as too slow.",
             MetricType::Counter),
      {}, static_cast<double>(watching.cut));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace vmtrail
