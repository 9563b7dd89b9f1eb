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
    if (record.sequence <= cursor()) continue;
    take({record.sequence, vmtrail::name(record.type), record.cloudevent}, record.zenoss);
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
    take({record.sequence, record.type, record.json}, record.zenoss);
  }
  send(stored->back().sequence, stop);
  return true;
}

// Into outgoing_, if it is wanted, and in the form that is.
void SinkFeed::take(const OutgoingRecord& record, std::string_view zenoss) {
  if (!options_.form.wants(record.type)) return;
  if (!options_.form.zenoss) {
    outgoing_.push_back(record);
  } else if (zenoss.empty()) {
    ++formless_;
  } else {
    outgoing_.push_back({record.sequence, record.type, zenoss});
  }
}

// Nothing before `oldest` is there any more.
void SinkFeed::pass_lost(Sequence oldest, std::string_view why) {
  const std::uint64_t last_lost = static_cast<std::uint64_t>(oldest) - 1;
  if (last_lost <= cursor_) return;
  note_lost(last_lost - cursor_, why);
  move_to(last_lost);
}

void SinkFeed::note_lost(std::uint64_t lost, std::string_view why) {
  spdlog::error("{}: {} records that it lacks {}", name(), lost, why);
  compacted_ += lost;
}

// What is in outgoing_; behind it everything up to `up_to` is done with.
void SinkFeed::send(Sequence up_to, const std::stop_token& stop) {
  if (const auto lost = std::exchange(formless_, 0); lost > 0) {
    note_lost(lost, "were not kept in Zenoss' form, which no sink wanted then");
  }
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

std::uint64_t SinkFeed::behind() const {
  const std::uint64_t has = cursor_;
  const auto newest = static_cast<std::uint64_t>(records_.newest());
  return newest - std::min(newest, has);
}

void SinkFeed::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace vmtrail
