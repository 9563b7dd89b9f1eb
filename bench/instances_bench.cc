// SPDX-License-Identifier: Apache-2.0
// instances_bench N…: what an event costs, and what an instance takes, in clouds of N instances.
//
// Each cloud boots, over a month, and is left alone until all is folded; then its heap is measured.
// After that all clouds are fed in turn, some thousands of events on instances picked at random at
// a time, through a window as replay reads them, and with its heap: decode, match, model, records.
// Prints a JSON object a line for each cloud.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bench/form.h"
#include "bench/generator.h"
#include "bench/pipeline.h"
#include "bench/wording.h"
#include "io/large_pages.h"
#include "io/steady_heap.h"
#include "vmtrail/rules.h"

namespace vmtrail::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWindow = 256 << 10;
constexpr std::uint64_t kEventsAtATime = 15'000;
constexpr std::size_t kRounds = 11;

std::size_t heap() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

CloudOptions booting(std::uint64_t instances) {
  CloudOptions options;
  options.instances = instances;
  options.rate = 0;
  options.ramp = 24h * 30;
  options.updates = false;
  options.audits = false;
  return options;
}

class Measured {
 public:
  Measured(std::uint64_t instances, const RuleSet& rules, LargePages& pages)
      : pages_(pages), cloud_(booting(instances)), ids_(cloud_.options().seed) {
    text_.reserve(kEventsAtATime * 1200);
    window_.reserve(kWindow + kPadding);
    const std::size_t before = heap();
    pipeline_.emplace_back(rules);
    while (!cloud_.full()) feed(1000);
    cloud_.sleep(26h);  // beyond Model::Options::quiet
    cloud_.change(6, true);
    feed(2000);  // enough for the model to believe how late it is
    heap_ = static_cast<double>(heap() - before) / static_cast<double>(instances);
  }

  /// The first of the two is not measured: the caches are full of another cloud.
  void round() {
    feed(kEventsAtATime);
    nanoseconds_.push_back(feed(kEventsAtATime));
  }

  void print() {
    std::sort(nanoseconds_.begin(), nanoseconds_.end());
    const Counts& counts = pipeline_.front().counts();
    if (counts.total_quarantined() + counts.duplicate != 0) std::abort();
    std::printf("{\"instances\": %zu, \"heap_bytes_per_instance\": %.1f, \"ns_per_event\": %.1f}\n",
                cloud_.options().instances, heap_, nanoseconds_[nanoseconds_.size() / 2]);
    std::fflush(stdout);
  }

 private:
  /// Returns nanoseconds of CPU per event.
  double feed(std::uint64_t events) {
    text_.clear();
    for (std::uint64_t i = 0; i < events; ++i)
      append_line(text_, Form::jsonl, *cloud_.next(), ids_);
    const double begun = cpu_seconds();
    for (std::string_view rest = text_; !rest.empty();) {
      const std::size_t lines =
          rest.size() <= kWindow ? rest.size() : rest.substr(0, kWindow).rfind('\n') + 1;
      window_.assign(rest.substr(0, lines)).append(kPadding, '\0');
      pipeline_.front().feed(std::string_view(window_).substr(0, lines));
      rest.remove_prefix(lines);
      pages_.ask();
    }
    return (cpu_seconds() - begun) / static_cast<double>(events) * 1e9;
  }

  LargePages& pages_;
  Cloud cloud_;
  Ids ids_;
  std::string text_;
  std::string window_;
  std::deque<Pipeline> pipeline_;  // one, made late
  double heap_ = 0;
  std::vector<double> nanoseconds_;
};

int run(int count, char** arguments) {
  keep_freed_memory();
  LargePages pages;
  const RuleSet rules = RuleSet::shipped();
  std::deque<Measured> clouds;
  for (int i = 1; i < count; ++i) {
    const std::uint64_t instances = std::strtoull(arguments[i], nullptr, 10);
    if (instances == 0) {
      std::fprintf(stderr, "usage: instances_bench N...\n");
      return 2;
    }
    clouds.emplace_back(instances, rules, pages);
  }
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (Measured& one : clouds) one.round();
  }
  for (Measured& one : clouds) one.print();
  return 0;
}

}  // namespace
}  // namespace vmtrail::bench

int main(int count, char** arguments) {
  return vmtrail::bench::run(count, arguments);
}
