// SPDX-License-Identifier: Apache-2.0
// The speed of each stage by itself, and of all of them as replay runs them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/allocations.h"
#include "bench/kept.h"
#include "bench/workload.h"
#include "vmtrail/decoder.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/ids.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace vmtrail::bench {
namespace {

constexpr const char* kCeilometerBodies = "default/http.bodies.jsonl";

/// What of an iteration is not to be measured goes before begin() and after end().
class Stretch {
 public:
  void begin() { begun_ = allocations(); }
  void end() { allocations_ += allocations() - begun_; }

  /// Per second and per event, of iterations that each handled so many events (and bytes).
  void report(benchmark::State& state, std::size_t events, std::size_t bytes = 0) const {
    const auto iterations = static_cast<std::int64_t>(state.iterations());
    state.SetItemsProcessed(iterations * static_cast<std::int64_t>(events));
    if (bytes != 0) state.SetBytesProcessed(iterations * static_cast<std::int64_t>(bytes));
    state.counters["allocs/event"] =
        static_cast<double>(allocations_) /
        (static_cast<double>(iterations) * static_cast<double>(events));
  }
  [[nodiscard]] std::uint64_t counted() const { return allocations_; }

 private:
  std::uint64_t begun_ = 0;
  std::uint64_t allocations_ = 0;
};

class NoEvents : public EventConsumer {
 public:
  void on_event(const Event& event) override { benchmark::DoNotOptimize(event.message_id.data()); }
  void on_undecodable(const Undecodable&) override {}
  void on_sample() override {}
  void on_skipped_line() override {}
};

class NoRecords : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override { benchmark::DoNotOptimize(record.sequence); }
};

/// Writes records as replay does, but to nowhere.
class WrittenRecords : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override {
    text_.clear();
    append_cloudevent(text_, record, "vmtrail/bench");
    benchmark::DoNotOptimize(text_.data());
  }

 private:
  std::string text_;
};

class NoQuarantine : public QuarantineConsumer {
 public:
  void on_quarantined(const Undecodable&) override {}
};

const RuleSet& rules() {
  static const RuleSet shipped = RuleSet::shipped();
  return shipped;
}

/// All events of the workload that the stages behind decoding get.
const std::vector<Event>& events() {
  static const KeptEvents* const kept = [] {
    auto* const events = new KeptEvents;  // lives as long as the program
    const Workload workload(kCeilometerBodies);
    Decoder decoder;
    for (const Frame& frame : workload.frames()) decoder.decode(frame, *events);
    return events;
  }();
  return kept->all();
}

/// What the model is given: an event that a rule matched.
struct Matched {
  const Event* event;
  InstanceId instance;
  const Rule* rule;
};

std::vector<Matched> matched_events() {
  std::vector<Matched> all;
  for (const Event& event : events()) {
    const Rule* const rule = rules().match(event);
    const auto instance = InstanceId::parse(event[Field::instance_id]);
    if (rule != nullptr && rule->about != About::host && instance) all.push_back({&event, *instance, rule});
  }
  return all;
}

void decode(benchmark::State& state, const char* file, Format format) {
  const Workload workload(file);
  const std::vector<Frame> frames = workload.frames();
  KeptEvents kept;
  Decoder decoder(format);
  for (const Frame& frame : frames) decoder.decode(frame, kept);  // and its buffers have their size
  NoEvents consumer;
  Stretch stretch;
  for (auto _ : state) {
    stretch.begin();
    for (const Frame& frame : frames) decoder.decode(frame, consumer);
    stretch.end();
  }
  stretch.report(state, kept.all().size(), workload.bytes().size());
  if (stretch.counted() != 0) state.SkipWithError("decoding allocates in steady state");
}

void match(benchmark::State& state) {
  const std::vector<Event>& stream = events();
  const RuleSet& shipped = rules();
  Stretch stretch;
  for (auto _ : state) {
    stretch.begin();
    for (const Event& event : stream) benchmark::DoNotOptimize(shipped.match(event));
    stretch.end();
  }
  stretch.report(state, stream.size());
  if (stretch.counted() != 0) state.SkipWithError("matching allocates");
}

/// Into an empty model, each time. `disorder`: each event may be overtaken by so many.
void apply(benchmark::State& state, std::size_t disorder) {
  std::vector<Matched> stream = matched_events();
  std::mt19937_64 random(1);
  for (std::size_t begin = 0; begin < stream.size(); begin += disorder) {
    const auto first = stream.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last =
        first + static_cast<std::ptrdiff_t>(std::min(disorder, stream.size() - begin));
    std::shuffle(first, last, random);
  }
  NoRecords records;
  Stretch stretch;
  std::optional<Model> model;
  for (auto _ : state) {
    state.PauseTiming();
    model.emplace();
    state.ResumeTiming();
    stretch.begin();
    for (const Matched& one : stream) model->apply(*one.event, one.instance, *one.rule, records);
    stretch.end();
  }
  stretch.report(state, stream.size());
}

/// Here an item is a record, not an event.
void record(benchmark::State& state) {
  KeptRecords records;
  Model model;
  for (const Matched& one : matched_events())
    model.apply(*one.event, one.instance, *one.rule, records);
  std::string text;
  std::size_t bytes = 0;
  const auto write = [&] {
    bytes = 0;
    for (const ChangeRecord& one : records.all()) {
      text.clear();
      append_cloudevent(text, one, "vmtrail/bench");
      bytes += text.size();
    }
  };
  write();
  Stretch stretch;
  for (auto _ : state) {
    stretch.begin();
    write();
    stretch.end();
  }
  stretch.report(state, records.all().size(), bytes);
}

void replay(benchmark::State& state, const char* file) {
  const Workload workload(file);
  Counts counts;
  Stretch stretch;
  for (auto _ : state) {
    stretch.begin();
    Model model;
    WrittenRecords records;
    NoQuarantine quarantine;
    Dispatcher dispatcher(rules(), model, records, quarantine);
    Decoder decoder;
    Splitter splitter;
    std::string_view rest = workload.bytes();
    while (auto frame = splitter.next(rest, true)) {
      frame->padded = true;
      dispatcher.set_frame(*frame);
      decoder.decode(*frame, dispatcher);
      rest.remove_prefix(splitter.consumed());
    }
    dispatcher.finish();
    stretch.end();
    counts = dispatcher.counts();
  }
  stretch.report(state, counts.events, workload.bytes().size());
  if (counts.duplicate + counts.total_quarantined() != 0) {
    state.SkipWithError("the workload holds copies, or what cannot be decoded");
  }
}

BENCHMARK_CAPTURE(decode, log, "default/collector.py3.log", Format::log);
BENCHMARK_CAPTURE(decode, ceilometer, kCeilometerBodies, Format::ceilometer);
BENCHMARK_CAPTURE(decode, ceilometer_zenoss_traits, "zenoss/http.bodies.jsonl", Format::ceilometer);
BENCHMARK_CAPTURE(decode, oslo_nova, "nova.bodies.jsonl", Format::oslo);
BENCHMARK_CAPTURE(decode, oslo_notifier, "default/notifier.bodies.jsonl", Format::oslo);
BENCHMARK_CAPTURE(decode, file_dict, "default/file.repr.txt", Format::ceilometer_file);
BENCHMARK_CAPTURE(decode, any_of_log, "default/collector.py3.log", Format::any);
BENCHMARK(match);
BENCHMARK_CAPTURE(apply, in_order, std::size_t{1});
BENCHMARK_CAPTURE(apply, shuffled, std::size_t{100});
BENCHMARK(record);
BENCHMARK_CAPTURE(replay, log, "default/collector.py3.log");
BENCHMARK_CAPTURE(replay, ceilometer, kCeilometerBodies);
BENCHMARK_CAPTURE(replay, oslo_nova, "nova.bodies.jsonl");

}  // namespace
}  // namespace vmtrail::bench
