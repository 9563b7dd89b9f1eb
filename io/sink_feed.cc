// SPDX-License-Identifier: Apache-2.0

#include "io/sink_feed.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/thread_name.h"

namespace vmtrail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLook = std::chrono::seconds{1};
constexpr std::size_t kAtOnce = 1000;  // records of the store

}  // namespace

SinkFeed::SinkFeed(Options options, std::unique_ptr<Sink> sink, RecentRecords& records)
    : options_(std::move(options)),
      sink_(std::move(sink)),
      records_(records),
      cursor_(static_cast<std::uint64_t>(options_.behind)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void SinkFeed::run(const std::stop_token& stop) {
  name_thread("sink-" + std::to_string(options_.number));
  while (!stop.stop_requested()) advance(stop);
}

void SinkFeed::advance(const std::stop_token& stop) {
  const RecentRecords::Found found = records_.after(cursor(), stop, Clock::now() + kLook);
  if (found.compacted) {
    if (!options_.state.empty()) {
      if (!send_stored(stop)) pause(options_.last_pause, stop);
      return;
    }
    pass_lost(*found.compacted, "were dropped, and there is no state directory to read them from");
  }
  if (found.batch) {
    send_batch(*found.batch, stop);
  } else if (!found.compacted) {
    sink_->stay();
  }
}

void SinkFeed::send_batch(const RecordBatch& batch, const std::stop_token& stop) {
  outgoing_.clear();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RecordBatch::Record record = batch[i];
    const std::string_view type = vmtrail::name(record.type);
    if (record.sequence <= cursor() || !options_.form.wants(type)) continue;
    if (options_.form.zenoss && record.zenoss.empty()) continue;
    outgoing_.push_back(
        {record.sequence, type, options_.form.zenoss ? record.zenoss : record.cloudevent});
  }
  send(batch.last(), stop);
}

// false: the store cannot be read now.
bool SinkFeed::send_stored(const std::stop_token& stop) {
  if (!store_) {
    auto store = Store::open(options_.state, Store::Access::read);
    if (!store) {
      spdlog::error("{}: {}", name(), store.error().detail);
      return false;
    }
    store_ = std::move(*store);
  }
  constexpr std::string_view kExpired = "are no longer in the store";
  const auto stored = store_->records(cursor(), kAtOnce);
  if (!stored) {
    spdlog::error("{}: {}", name(), stored.error().detail);
    store_.reset();
    return false;
  }
  if (stored->empty()) {
    store_.reset();
    if (const auto found = records_.after(cursor()); found.compacted) {
      pass_lost(*found.compacted, kExpired);
    }
    return true;
  }
  pass_lost(stored->front().sequence, kExpired);
  outgoing_.clear();
  for (const StoredRecord& record : *stored) {
    // Nobody wanted them in that form then.
    if (options_.form.zenoss && record.zenoss.empty()) continue;
    if (!options_.form.wants(record.type)) continue;
    outgoing_.push_back(
        {record.sequence, record.type, options_.form.zenoss ? record.zenoss : record.json});
  }
  send(stored->back().sequence, stop);
  return true;
}

// Nothing before `oldest` is there any more.
void SinkFeed::pass_lost(Sequence oldest, std::string_view why) {
  const std::uint64_t last_lost = static_cast<std::uint64_t>(oldest) - 1;
  if (last_lost <= cursor_) return;
  const std::uint64_t lost = last_lost - cursor_;
  spdlog::error("{}: {} records that it lacks {}", name(), lost, why);
  compacted_ += lost;
  move_to(last_lost);
}

// What is in outgoing_; behind it everything up to `up_to` is done with.
void SinkFeed::send(Sequence up_to, const std::stop_token& stop) {
  auto length = options_.first_pause;
  while (!outgoing_.empty()) {
    const auto sent = sink_->send(outgoing_, stop);
    if (sent) {
      if (failing_) spdlog::info("{}: takes records again", name());
      set_failing(false);
      break;
    }
    if (stop.stop_requested()) return;
    ++failures_;
    if (!failing_) spdlog::error("{}: {}", name(), sent.error().detail);
    set_failing(true);
    pause(length, stop);
    if (stop.stop_requested()) return;
    length = std::min(2 * length, options_.last_pause);
  }
  sent_ += outgoing_.size();
  move_to(static_cast<std::uint64_t>(up_to));
}

void SinkFeed::pause(std::chrono::milliseconds length, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, length, [] { return false; });
}

void SinkFeed::move_to(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  cursor_ = sequence;
  moved_.notify_all();
}

void SinkFeed::set_failing(bool failing) {
  const std::lock_guard lock(mutex_);
  failing_ = failing;
  moved_.notify_all();
}

bool SinkFeed::await(Sequence sequence, Clock::time_point until) {
  std::unique_lock lock(mutex_);
  moved_.wait_until(lock, until, [&] { return cursor() >= sequence || failing_; });
  return cursor() >= sequence;
}

void SinkFeed::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace vmtrail
