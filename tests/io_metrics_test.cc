// SPDX-License-Identifier: Apache-2.0
// What Prometheus is told is what happened.

#include <catch2/catch.hpp>

#include "io/metrics.h"
#include "tests/live.h"

namespace vmtrail {
namespace {

using testing::HandSource;
using testing::lines_of;
using testing::Live;
using testing::Receiver;

/// The value of a metric by its name and labels, as they are written; -1: there is none.
double value(const std::string& text, const std::string& metric) {
  const std::size_t at = ("\n" + text).find("\n" + metric + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + metric.size()));
}

TEST_CASE("Metrics count events, records, commits and sinks, and tell what is under way") {
  Metrics metrics;
  std::atomic<std::int64_t> now{0};
  Keeper::Options options;
  options.clock = [&] { return Time{Duration{now}}; };
  options.tick = std::chrono::hours{1};
  options.committed = [&](std::chrono::nanoseconds took, std::uint64_t) {
    metrics.committed(took);
  };
  Live live(std::move(options));
  HandSource source(live.intake, "zmq+pull://127.0.0.1:1");
  Receiver receiver;
  std::vector<std::unique_ptr<SinkFeed>> sinks;
  SinkFeed::Options sink;
  sink.name = "stdout:";
  sinks.push_back(std::make_unique<SinkFeed>(std::move(sink), receiver.sink(), live.records));
  Receiver away;
  away.go_away();
  SinkFeed::Options other;
  other.name = "away";
  sinks.push_back(std::make_unique<SinkFeed>(std::move(other), away.sink(), live.records));
  const auto lines = lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));

  double most_open = 0;
  for (const std::string& line : lines) {
    source.put(line);
    source.settled_all();
    const std::string text = metrics.text(live.intake, {}, sinks);
    most_open = std::max(most_open, value(text, "vmtrail_migrations_open"));
    const auto open = live.ask([](Keeper& keeper) {
      double count = 0;
      for (const Migration& migration : keeper.model().migrations()) {
        if (migration.outcome == Outcome::in_progress) ++count;
      }
      return count;
    });
    CHECK(value(text, "vmtrail_migrations_open") == open);
  }
  CHECK(most_open >= 2);
  source.put("{broken");
  source.settled_all();
  const Sequence last = live.records.newest();
  REQUIRE(sinks[0]->await(last, std::chrono::steady_clock::now() + testing::kPatience));
  const Time newest = live.ask([](Keeper& keeper) { return *keeper.model().newest_event(); });
  now = (newest + std::chrono::seconds{90}).time_since_epoch().count();

  const std::vector<Metrics::SourceState> sources = {
      {"amqp://a", true}, {"file:///b", false}, {"zmq+sub://c:1", std::nullopt}};
  const std::string text = metrics.text(live.intake, sources, sinks);
  const Counts counts = live.ask([](Keeper& keeper) { return keeper.counts(); });
  const auto events = [&](const char* outcome) {
    return value(text, std::string("vmtrail_events_total{source=\"zmq+pull://127.0.0.1:1\",") +
                           "format=\"any\",outcome=\"" + outcome + "\"}");
  };
  CHECK(events("applied") == static_cast<double>(counts.applied));
  CHECK(events("ignored") == static_cast<double>(counts.total_ignored()));
  CHECK(events("quarantined") == 1);
  CHECK(events("duplicate") == 0);
  CHECK(value(text, "vmtrail_quarantined_total{reason=\"incomplete\"}") == 1);
  CHECK(value(text, "vmtrail_records_total{type=\"instance.moved\"}") ==
        static_cast<double>(counts.records[static_cast<std::size_t>(RecordType::instance_moved)]));
  CHECK(value(text, "vmtrail_sequence") == static_cast<double>(static_cast<std::uint64_t>(last)));
  CHECK(value(text, "vmtrail_lag_seconds") == 90);
  CHECK(value(text, "vmtrail_commit_seconds_count") == static_cast<double>(lines.size() + 1));
  CHECK(value(text, "vmtrail_commit_failing") == 0);
  CHECK(value(text, "vmtrail_skipped_lines_total") == 0);
  CHECK(value(text, "vmtrail_source_up{source=\"amqp://a\"}") == 1);
  CHECK(value(text, "vmtrail_source_up{source=\"file:///b\"}") == 0);
  CHECK(value(text, "vmtrail_source_up{source=\"zmq+sub://c:1\"}") == -1);
  CHECK(value(text, "vmtrail_intake_bytes") == 0);
  CHECK(value(text, "vmtrail_sink_behind{sink=\"stdout:\"}") == 0);
  CHECK(value(text, "vmtrail_sink_up{sink=\"stdout:\"}") == 1);
  CHECK(value(text, "vmtrail_sink_sent_total{sink=\"stdout:\"}") ==
        static_cast<double>(static_cast<std::uint64_t>(last)));
  // All were heard of when the clock stood at 0.
  CHECK(value(text, "vmtrail_hosts_silent") >= 3);

  // Nobody answers any more.
  REQUIRE(live.finish());
  const std::string rest = metrics.text(live.intake, {}, sinks);
  CHECK(value(rest, "vmtrail_sequence") == -1);
  CHECK(value(rest, "vmtrail_sink_behind{sink=\"away\"}") ==
        static_cast<double>(static_cast<std::uint64_t>(last)));
}

}  // namespace
}  // namespace vmtrail
