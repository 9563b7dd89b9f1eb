// SPDX-License-Identifier: Apache-2.0
// The speed of each stage by itself, and of all of them as replay runs them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/allocations.h"
#include "bench/kept.h"
#include "bench/pipeline.h"
#include "bench/workload.h"
#include "vmtrail/decoder.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/ids.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"
#include "vmtrail/time.h"

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

const RuleSet& rules() {
  static const RuleSet shipped = RuleSet::shipped();
  return shipped;
}

/// All events of a workload, for the stages behind decoding.
const std::vector<Event>& events(const std::string& file) {
  static std::map<std::string, std::unique_ptr<KeptEvents>> known;
  std::unique_ptr<KeptEvents>& kept = known[file];
  if (kept == nullptr) {
    kept = std::make_unique<KeptEvents>();
    const Workload workload(file);
    Decoder decoder;
    for (const Frame& frame : workload.frames()) decoder.decode(frame, *kept);
  }
  return kept->all();
}

/// What the model is given.
struct Given {
  const Event* event;
  Matched matched;
};

std::vector<Given> matched_events(const char* file) {
  std::vector<Given> all;
  for (const Event& event : events(file)) {
    Matched matched(event, rules());
    if (matched.rule != nullptr && matched.rule->about != About::host && matched.instance)
      all.push_back({&event, std::move(matched)});
  }
  return all;
}

void split(benchmark::State& state, const char* file) {
  const Workload workload(file);
  std::size_t frames = 0;
  Stretch stretch;
  for (auto _ : state) {
    stretch.begin();
    Splitter splitter;
    std::string_view rest = workload.bytes();
    for (frames = 0; auto frame = splitter.next(rest, true); ++frames) {
      benchmark::DoNotOptimize(frame->bytes.data());
      rest.remove_prefix(splitter.consumed());
    }
    stretch.end();
  }
  stretch.report(state, frames, workload.bytes().size());
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

void time(benchmark::State& state, const char* text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(parse_time(text));
  }
  state.SetItemsProcessed(state.iterations());
}

/// An instance's id, a message's and a request's: all that an event has.
void uuid(benchmark::State& state) {
  const char* instance = "9b4eda21-8f92-44b5-9d12-91e0d1728e9c";
  const char* message = "22ded3c2-4c5c-4995-8ec0-c4081a676572";
  const char* request = "req-e5b364ae-043e-496b-977d-c7e5314464bf";
  for (auto _ : state) {
    benchmark::DoNotOptimize(instance);
    benchmark::DoNotOptimize(message);
    benchmark::DoNotOptimize(request);
    benchmark::DoNotOptimize(InstanceId::parse(instance));
    benchmark::DoNotOptimize(MessageId(message));
    benchmark::DoNotOptimize(RequestId(request));
  }
  state.SetItemsProcessed(3 * state.iterations());
}

void match(benchmark::State& state, const char* file) {
  const std::vector<Event>& stream = events(file);
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
void apply(benchmark::State& state, const char* file, std::size_t disorder) {
  std::vector<Given> stream = matched_events(file);
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
    for (const Given& one : stream) model->apply(*one.event, one.matched, records);
    stretch.end();
  }
  stretch.report(state, stream.size());
}

/// Here an item is a record, not an event.
void record(benchmark::State& state, const char* file) {
  KeptRecords records;
  Model model;
  for (const Given& one : matched_events(file)) model.apply(*one.event, one.matched, records);
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
    Pipeline pipeline(rules());
    pipeline.feed(workload.bytes());
    pipeline.finish();
    stretch.end();
    counts = pipeline.counts();
  }
  stretch.report(state, counts.events, workload.bytes().size());
  if (counts.duplicate + counts.total_quarantined() != 0) {
    state.SkipWithError("the workload holds copies, or what cannot be decoded");
  }
}

// The captures have every form; the made-up cloud has the mix of docs/performance.md.
constexpr const char* kJsonl = "generated.jsonl";
constexpr const char* kLog = "generated.log";
constexpr const char* kOslo = "generated.oslo";

BENCHMARK_CAPTURE(split, jsonl, kJsonl);
BENCHMARK_CAPTURE(split, log, kLog);
BENCHMARK_CAPTURE(split, oslo, kOslo);
BENCHMARK_CAPTURE(decode, jsonl, kJsonl, Format::any);
BENCHMARK_CAPTURE(decode, log, kLog, Format::any);
BENCHMARK_CAPTURE(decode, oslo, kOslo, Format::any);
BENCHMARK_CAPTURE(decode, captured_log, "default/collector.py3.log", Format::log);
BENCHMARK_CAPTURE(decode, captured_ceilometer, kCeilometerBodies, Format::ceilometer);
BENCHMARK_CAPTURE(decode, captured_zenoss_traits, "zenoss/http.bodies.jsonl", Format::ceilometer);
BENCHMARK_CAPTURE(decode, captured_nova, "nova.bodies.jsonl", Format::oslo);
BENCHMARK_CAPTURE(decode, captured_notifier, "default/notifier.bodies.jsonl", Format::oslo);
BENCHMARK_CAPTURE(decode, captured_file_dict, "default/file.repr.txt", Format::ceilometer_file);
BENCHMARK_CAPTURE(time, json, "2026-11-22T12:37:38.341292");
BENCHMARK_CAPTURE(time, log, "2026-11-22 12:37:38.341292");
BENCHMARK_CAPTURE(time, without_fraction, "2026-11-22T12:37:38");
BENCHMARK(uuid);
BENCHMARK_CAPTURE(match, generated, kJsonl);
BENCHMARK_CAPTURE(match, captured, kCeilometerBodies);
BENCHMARK_CAPTURE(apply, generated, kJsonl, std::size_t{1});
BENCHMARK_CAPTURE(apply, generated_shuffled, kJsonl, std::size_t{100});
BENCHMARK_CAPTURE(apply, captured, kCeilometerBodies, std::size_t{1});
BENCHMARK_CAPTURE(apply, captured_shuffled, kCeilometerBodies, std::size_t{100});
BENCHMARK_CAPTURE(record, generated, kJsonl);
BENCHMARK_CAPTURE(record, captured, kCeilometerBodies);
BENCHMARK_CAPTURE(replay, jsonl, kJsonl);
BENCHMARK_CAPTURE(replay, log, kLog);
BENCHMARK_CAPTURE(replay, oslo, kOslo);
BENCHMARK_CAPTURE(replay, captured_log, "default/collector.py3.log");
BENCHMARK_CAPTURE(replay, captured_ceilometer, kCeilometerBodies);
BENCHMARK_CAPTURE(replay, captured_nova, "nova.bodies.jsonl");

}  // namespace
}  // namespace vmtrail::bench
