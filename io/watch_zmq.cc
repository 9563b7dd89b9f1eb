// SPDX-License-Identifier: Apache-2.0

#include "io/watch_zmq.h"

#include <cerrno>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include <zmq_addon.hpp>

namespace vmtrail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLastWords = std::chrono::seconds{5};

std::string key_of(const ZmqFrames& envelope) {
  std::string key;
  for (const zmq::message_t& frame : envelope) {
    key += std::to_string(frame.size()) + ':' + frame.to_string();
  }
  return key;
}

}  // namespace

ZmqSent send_to_peer(zmq::socket_t& socket, ZmqFrames frames) {
  try {
    const auto sent = zmq::send_multipart(socket, frames, zmq::send_flags::dontwait);
    return sent ? ZmqSent::whole : ZmqSent::full;
  } catch (const zmq::error_t& error) {
    if (error.num() != EHOSTUNREACH) throw;
    return ZmqSent::gone;
  }
}

/// Between the desk, which fills it, and the socket's thread, which empties it.
class ZmqWatchers::Lane {
 public:
  explicit Lane(const ZmqFrames& envelope) {
    for (const zmq::message_t& frame : envelope) envelope_.push_back(frame.to_string());
  }

  // ---- the desk

  void add(std::vector<std::string> messages) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    for (std::string& message : messages) {
      bytes_ += message.size();
      waiting_.push_back(std::move(message));
    }
  }
  void cut(std::string last) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    waiting_.clear();
    bytes_ = last.size();
    if (!last.empty()) waiting_.push_back(std::move(last));
    until_ = Clock::now() + kLastWords;
  }
  void on_taken(std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    on_taken_ = std::move(call);
  }
  [[nodiscard]] std::size_t pending() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  [[nodiscard]] std::uint64_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  [[nodiscard]] bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  // ---- the socket's thread

  /// false: nothing is to be sent here any more.
  bool send(zmq::socket_t& socket, bool& full) {
    std::function<void()> call;
    const bool goes_on = send_waiting(socket, full, call);
    if (call) call();
    return goes_on;
  }
  void close() {
    std::function<void()> call;
    {
      const std::lock_guard lock(mutex_);
      call = close_locked();
    }
    if (call) call();
  }

 private:
  bool send_waiting(zmq::socket_t& socket, bool& full, std::function<void()>& call) {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty()) {
      ZmqFrames frames;
      for (const std::string& frame : envelope_) frames.emplace_back(frame.data(), frame.size());
      frames.emplace_back(waiting_.front().data(), waiting_.front().size());
      const ZmqSent sent = send_to_peer(socket, std::move(frames));
      if (sent == ZmqSent::gone || (sent == ZmqSent::full && until_ && Clock::now() > *until_)) {
        call = close_locked();
        return false;
      }
      if (sent == ZmqSent::full) {
        full = true;
        return true;
      }
      bytes_ -= waiting_.front().size();
      taken_ += waiting_.front().size();
      waiting_.pop_front();
      if (waiting_.empty()) call = on_taken_;
    }
    return !closed_;
  }
  std::function<void()> close_locked() {
    closed_ = true;
    waiting_.clear();
    bytes_ = 0;
    return std::exchange(on_taken_, nullptr);
  }

  std::vector<std::string> envelope_;

  mutable std::mutex mutex_;
  // Guarded by the mutex.
  std::deque<std::string> waiting_;
  std::size_t bytes_ = 0;  // of these
  std::uint64_t taken_ = 0;
  bool closed_ = false;
  std::optional<Clock::time_point> until_;  // when the last words are given up
  std::function<void()> on_taken_;
};

class ZmqWatchers::Outlet : public WatchOutlet {
 public:
  Outlet(std::shared_ptr<Lane> lane, std::function<void()> wake)
      : lane_(std::move(lane)), wake_(std::move(wake)) {}
  ~Outlet() override {
    lane_->cut({});
    wake_();
  }

  void put(const WatchMessage& message) override {
    append_json(messages_.emplace_back(), message);
    bytes_ += messages_.back().size();
  }
  void send() override {
    if (messages_.empty()) return;
    lane_->add(std::exchange(messages_, {}));
    bytes_ = 0;
    wake_();
  }
  void cut(const WatchMessage& message) override {
    std::string last;
    append_json(last, message);
    lane_->cut(std::move(last));
    wake_();
  }

  [[nodiscard]] std::size_t pending() const override { return bytes_ + lane_->pending(); }
  [[nodiscard]] std::uint64_t taken() const override { return lane_->taken(); }
  [[nodiscard]] bool closed() const override { return lane_->closed(); }
  void on_taken(std::function<void()> call) override { lane_->on_taken(std::move(call)); }

 private:
  const std::shared_ptr<Lane> lane_;
  const std::function<void()> wake_;
  std::vector<std::string> messages_;  // not sent yet
  std::size_t bytes_ = 0;              // of these
};

ZmqWatchers::ZmqWatchers(WatchDesk& desk, std::function<void()> wake)
    : desk_(desk), wake_(std::move(wake)) {}

ZmqWatchers::~ZmqWatchers() {
  for (const auto& [key, lane] : lanes_) lane->close();
}

Result<void> ZmqWatchers::begin(const ZmqFrames& envelope, const Request& request) {
  const auto wrong = [](std::string what) {
    return tl::unexpected(Error{ErrorCode::wrong_usage, std::move(what)});
  };
  auto watch = watch_request(request);
  if (!watch) return tl::unexpected(watch.error());
  const std::string key = key_of(envelope);
  const auto known = lanes_.find(key);
  if (known != lanes_.end() && !known->second->closed()) {
    return wrong("there is a watch already; say unwatch, or put a frame of your own first");
  }
  auto seat = desk_.seat();
  if (!seat) return tl::unexpected(seat.error());
  auto lane = std::make_shared<Lane>(envelope);
  lanes_[key] = lane;
  desk_.watch(std::move(*watch), std::make_unique<Outlet>(std::move(lane), wake_),
              std::move(*seat));
  return {};
}

Result<void> ZmqWatchers::end(const ZmqFrames& envelope) {
  const auto found = lanes_.find(key_of(envelope));
  if (found == lanes_.end()) {
    return tl::unexpected(Error{ErrorCode::wrong_usage, "there is no watch to be ended"});
  }
  found->second->close();
  lanes_.erase(found);
  return {};
}

bool ZmqWatchers::send(zmq::socket_t& socket) {
  bool full = false;
  std::erase_if(lanes_, [&](const auto& lane) { return !lane.second->send(socket, full); });
  return full;
}

}  // namespace vmtrail
