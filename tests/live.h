// SPDX-License-Identifier: Apache-2.0
// A keeper at work in this process, and what a test puts before and behind it.

#pragma once

#include <condition_variable>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "io/handover.h"
#include "io/intake.h"
#include "io/keeper.h"
#include "io/recent_records.h"
#include "io/sink_feed.h"
#include "io/source.h"
#include "io/sources.h"
#include "io/store.h"
#include "tests/await.h"
#include "tests/recorded.h"

namespace vmtrail::testing {

/// A source that the test is: what it puts is settled here.
class HandSource : public Source {
 public:
  explicit HandSource(Intake& intake, std::string source_name = "hand:")
      : Source(std::move(source_name)), intake_(intake) {}
  /// From now on it decodes what it puts, as a source with a thread of its own does.
  void decode() { handover_.emplace(intake_); }
  void stop() override {}
  void settle(std::span<const Settled> deliveries) override {
    const std::lock_guard lock(mutex_);
    settled_.insert(settled_.end(), deliveries.begin(), deliveries.end());
    changed_.notify_all();
  }

  /// Puts one message; its tag is the number of those before it.
  void put(std::string_view message, std::string position = {}) {
    Delivery delivery = handover_ ? handover_->blank() : intake_.blank();
    delivery.from = this;
    delivery.tag = put_++;
    delivery.position = std::move(position);
    delivery.add(message);
    if (handover_) {
      static_cast<void>(handover_->put(std::move(delivery), {}));
    } else {
      static_cast<void>(intake_.put(std::move(delivery), {}));
    }
  }
  /// Waits until so many are settled, and returns them.
  std::vector<Settled> settled(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return settled_.size() >= count; })) {
      throw std::runtime_error("not settled");
    }
    return settled_;
  }
  std::vector<Settled> settled_all() { return settled(put_); }

 private:
  Intake& intake_;
  std::optional<Handover> handover_;
  std::uint64_t put_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Settled> settled_;
};

/// A receiver of records that may be away or slow.
class Receiver {
 public:
  /// A sink that delivers here; the receiver outlives it.
  [[nodiscard]] std::unique_ptr<Sink> sink() { return std::make_unique<Inlet>(*this); }

  void go_away() { set(State::away); }
  void hold() { set(State::held); }
  void come_back() { set(State::there); }

  /// Waits until the last record has this sequence; returns the lines so far.
  std::vector<std::string> up_to(Sequence sequence) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return last_ >= sequence; })) {
      throw std::runtime_error("records did not come");
    }
    return lines_;
  }
  /// Waits for a delivery that was turned away or is held up.
  void await_attempt() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return attempts_ > 0; })) {
      throw std::runtime_error("nothing came");
    }
  }

 private:
  enum class State : std::uint8_t { there, away, held };
  class Inlet : public Sink {
   public:
    explicit Inlet(Receiver& receiver) : receiver_(receiver) {}
    Result<void> send(std::span<const OutgoingRecord> records,
                      const std::stop_token& stop) override {
      return receiver_.take(records, stop);
    }

   private:
    Receiver& receiver_;
  };

  Result<void> take(std::span<const OutgoingRecord> records, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (state_ != State::there) ++attempts_;
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return state_ != State::held; });
    if (state_ != State::there) {
      return tl::unexpected(Error{ErrorCode::unwritable, "receiver: away"});
    }
    for (const OutgoingRecord& record : records) lines_.emplace_back(record.text);
    last_ = records.back().sequence;
    changed_.notify_all();
    return {};
  }
  void set(State state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  State state_ = State::there;
  int attempts_ = 0;
  Sequence last_{};
  std::vector<std::string> lines_;
};

/// A keeper with its intake and its records, in a thread of its own. Its clocks stand still unless
/// the options have others, so that nothing is judged or folded by it.
class Live {
 public:
  explicit Live(Keeper::Options options = {}, const std::string& state = {},
                std::size_t recent = std::size_t{16} << 20, const Store::Options& stored = {})
      : records(recent) {
    if (!options.clock) options.clock = [] { return Time{}; };
    if (!options.steady) options.steady = [] { return std::chrono::steady_clock::time_point{}; };
    std::optional<Store> store;
    if (!state.empty()) {
      auto opened = Store::open(state, Store::Access::create, stored);
      if (!opened) throw std::runtime_error(opened.error().message());
      store = std::move(*opened);
    }
    auto opened = Keeper::open(std::move(options), {RuleSet::shipped_text()}, std::move(store),
                               intake, records);
    if (!opened) throw std::runtime_error(opened.error().message());
    keeper = std::move(*opened);
    thread_ = std::jthread([this] { outcome_ = keeper->run(); });
  }
  ~Live() {
    for (const auto& source : sources) source->stop();
    finish();
  }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Opens a source, which lives as long as this.
  Source& open(const std::string& url, std::string position = {}) {
    auto source = open_source(*parse_url(url), {.intake = intake, .position = std::move(position)});
    if (!source) throw std::runtime_error(source.error().message());
    sources.push_back(std::move(*source));
    return *sources.back();
  }
  /// Everything that was put is committed; the keeper has ended.
  Result<void> finish() {
    intake.close();
    if (thread_.joinable()) thread_.join();
    return outcome_;
  }
  /// The keeper's answer to a question.
  template <class Ask>
  auto ask(Ask question) {
    auto answer = std::make_shared<std::promise<decltype(question(std::declval<Keeper&>()))>>();
    auto result = answer->get_future();
    if (!intake.ask([=](Keeper& asked) { answer->set_value(question(asked)); })) {
      throw std::runtime_error("not asked");
    }
    if (result.wait_for(kPatience) != std::future_status::ready) {
      throw std::runtime_error("no answer");
    }
    return result.get();
  }
  /// Until so many events have been taken.
  Counts await_events(std::uint64_t count) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      const Counts counts = ask([](Keeper& asked) { return asked.counts(); });
      if (counts.events >= count) return counts;
      if (std::chrono::steady_clock::now() > until)
        throw std::runtime_error("too few events: " + std::to_string(counts.events));
    }
  }

  Intake intake;
  RecentRecords records;
  std::vector<std::unique_ptr<Source>> sources;
  std::unique_ptr<Keeper> keeper;

 private:
  Result<void> outcome_;
  std::jthread thread_;
};

/// The lines of a capture, decompressed.
inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  auto source = ByteSource::open(file.string());
  if (!source) throw std::runtime_error(source.error().message());
  std::string text;
  for (bool more = true; more;) {
    const auto filled = source->fill();
    if (!filled) throw std::runtime_error(filled.error().message());
    more = *filled;
    text += source->window();
    source->consume(source->window().size());
  }
  std::vector<std::string> lines;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

}  // namespace vmtrail::testing
