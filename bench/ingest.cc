// SPDX-License-Identifier: Apache-2.0

#include "bench/ingest.h"

#include <sys/resource.h>

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "io/keeper.h"
#include "io/sources.h"
#include "io/steady_heap.h"

namespace vmtrail::bench {

void tell(Clock::time_point begun) {
  const std::chrono::duration<double> took = Clock::now() - begun;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  std::printf("%.6f %.6f\n", took.count(), seconds(used.ru_utime) + seconds(used.ru_stime));
}

void receive(std::size_t events, const std::string& state, const std::string& url,
             const std::function<void(const Source&)>& opened) {
  keep_freed_memory();  // as the daemon does
  Intake::Limits limits;
  if (state == "-") limits.bytes = Intake::Limits::kBytesWithoutStore;
  Intake intake(limits);
  RecentRecords records;
  std::mutex mutex;
  std::condition_variable all_came;
  std::uint64_t came = 0;
  std::optional<Clock::time_point> begun;  // of the keeper's thread until all came
  Keeper::Options options;
  // Asked first as the first delivery is begun.
  options.clock = [&] {
    if (!begun) begun = Clock::now();
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  };
  options.committed = [&](std::chrono::nanoseconds, std::uint64_t count) {
    const std::lock_guard lock(mutex);
    came += count;
    if (came >= events) all_came.notify_one();
  };
  std::optional<Store> store;
  if (state != "-") store = take(Store::open(state, Store::Access::create));
  const auto keeper = take(Keeper::open(std::move(options), {RuleSet::shipped_text()},
                                        std::move(store), intake, records));
  begun.reset();
  std::jthread thread([&] { static_cast<void>(keeper->run()); });
  const auto source = take(open_source(*parse_url(url), {.intake = intake}));
  opened(*source);
  {
    std::unique_lock lock(mutex);
    all_came.wait(lock, [&] { return came >= events; });
  }
  tell(*begun);
  source->stop();
  intake.close();
  thread.join();
  if (keeper->counts().applied == 0) throw std::runtime_error("no event was applied");
}

}  // namespace vmtrail::bench
