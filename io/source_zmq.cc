// SPDX-License-Identifier: Apache-2.0

#include "io/source_zmq.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <zmq.hpp>

#include "io/file_descriptor.h"
#include "io/handover.h"
#include "io/thread_name.h"
#include "io/zmq_peer.h"

namespace vmtrail {

namespace {

// Handed over at once, so that neither queue nor wake-ups are paid for by each message; few enough
// to stay in the cache until they are decoded.
constexpr std::size_t kHandedOver = std::size_t{128} << 10;
// After less than that has been handed over: where messages come one by one, three threads would be
// woken for each.
constexpr auto kGathers = std::chrono::microseconds{200};
// What a connection's queue holds, by the size of the messages so far: what is beyond the caches is
// written to memory and read from it again. What a publisher's subscriber has no room for is lost.
constexpr std::size_t kQueuedOfPush = std::size_t{2} << 20;
constexpr std::size_t kQueuedOfPublisher = std::size_t{256} << 20;
constexpr std::size_t kLeastQueued = 8;  // messages
constexpr std::size_t kSmoothing = 8;
constexpr auto kLast = std::chrono::seconds{5};           // for the intake, after a stop
constexpr std::size_t kDrained = std::size_t{256} << 20;  // bytes, at most, after a stop

class ZmqSource : public Source {
 public:
  ZmqSource(const Url& url, const SourceSetting& setting, std::unique_ptr<ZmqPeer> peer,
            std::size_t most_bytes)
      : Source(url.text),
        handover_(setting.intake),
        format_(setting.format),
        peer_(std::move(peer)),
        most_bytes_(most_bytes),
        most_queued_(static_cast<std::size_t>(peer_->socket.get(zmq::sockopt::rcvhwm))),
        queued_(most_queued_),
        wake_(::eventfd(0, EFD_CLOEXEC)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~ZmqSource() override { stop(); }

  void stop() override {
    thread_.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::string address() const override { return peer_->address; }
  [[nodiscard]] std::optional<bool> up() const override {
    return peer_->address.empty() ? std::nullopt : std::optional(true);
  }

 private:
  void run(const std::stop_token& stop) {
    name_thread("zmq-source");
    try {
      while (!stop.stop_requested()) {
        const std::size_t size = receive(stop);
        if (size == 0) {
          wait();
        } else if (size < kHandedOver) {
          std::this_thread::sleep_for(kGathers);
        }
      }
      // What has arrived is not thrown away, though what goes on arriving has to end.
      for (std::size_t drained = 0; drained < kDrained;) {
        const std::size_t size = receive(stop);
        if (size == 0) break;
        drained += size;
      }
      if (lost_ != 0) spdlog::error("{}: {} bytes came last and are lost", name(), lost_);
    } catch (const zmq::error_t& error) {
      spdlog::error("{}: {}", name(), error.what());
    }
  }

  void wait() {
    std::array<zmq::pollitem_t, 2> items = {
        {{peer_->socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, wake_.get(), ZMQ_POLLIN, 0}}};
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds{-1});
  }

  // Takes what is there, but not too much, and hands it over. Returns how many bytes it was.
  std::size_t receive(const std::stop_token& stop) {
    Delivery delivery = handover_.blank();
    delivery.from = this;
    delivery.format = format_;
    delivery.whole = format_ != Format::log;
    zmq::message_t frame;
    std::size_t frames = 0;
    std::size_t messages = 0;
    while (delivery.bytes() < kHandedOver && peer_->socket.recv(frame, zmq::recv_flags::dontwait)) {
      ++frames;
      const std::string_view bytes = frame.to_string_view();
      const bool first = std::exchange(more_, frame.more()) == false;
      const bool topic = first && more_ && bytes.find_first_of("{[<") == std::string_view::npos;
      if (!topic) delivery.add(bytes);
      if (!more_) ++messages;
    }
    const std::size_t size = delivery.bytes() + frames;
    if (messages != 0) bound_queue(size / messages);
    if (delivery.empty()) {
      handover_.give_back(std::move(delivery));
    } else {
      // It waits while there is no room, and so does whoever pushes.
      const bool put =
          handover_.put(std::move(delivery), stop) || handover_.put(std::move(delivery), {}, end());
      if (!put) lost_ += delivery.bytes();
    }
    return size;
  }

  // After a stop the intake has so long to take all that came.
  Intake::Clock::time_point end() {
    if (!end_) end_ = Intake::Clock::now() + kLast;
    return *end_;
  }

  // ZeroMQ bounds a connection's queue by messages, whatever their size.
  void bound_queue(std::size_t message_size) {
    if (message_size_ == 0) message_size_ = message_size;
    message_size_ = (message_size_ * (kSmoothing - 1) + message_size) / kSmoothing;
    const std::size_t fit = most_bytes_ / std::max(message_size_, std::size_t{1});
    const std::size_t wanted = std::clamp(fit, std::min(kLeastQueued, most_queued_), most_queued_);
    if (2 * wanted > queued_ && wanted < 2 * queued_) return;  // nearly so
    queued_ = wanted;
    peer_->socket.set(zmq::sockopt::rcvhwm, static_cast<int>(wanted));
  }

  Handover handover_;
  const Format format_;
  const std::unique_ptr<ZmqPeer> peer_;
  // Of each connection's queue: bytes, and messages, at most and now; and the size of a message.
  const std::size_t most_bytes_;
  const std::size_t most_queued_;
  std::size_t queued_;
  std::size_t message_size_ = 0;
  const FileDescriptor wake_;
  std::optional<Intake::Clock::time_point> end_;  // nullopt: it goes on
  std::size_t lost_ = 0;                          // bytes
  bool more_ = false;                             // the last frame was not the last of its message
  std::jthread thread_;
};

Result<SourceOpener> prepare_zmq(const Url& url, const ZmqAddress::Options& options,
                                 std::size_t most_bytes) {
  auto address = ZmqAddress::of(url, options);
  if (!address) return tl::unexpected(address.error());
  return [address = std::move(*address), most_bytes](const SourceSetting& setting) -> OpenedSource {
    auto peer = ZmqPeer::open(address);
    if (!peer) return tl::unexpected(peer.error());
    return std::make_unique<ZmqSource>(address.url, setting, std::move(*peer), most_bytes);
  };
}

}  // namespace

Result<SourceOpener> prepare_zmq_pull(const Url& url, bool beyond_loopback) {
  return prepare_zmq(url, {.type = zmq::socket_type::pull, .beyond_loopback = beyond_loopback},
                     kQueuedOfPush);
}

Result<SourceOpener> prepare_zmq_sub(const Url& url, bool beyond_loopback) {
  return prepare_zmq(
      url, {.type = zmq::socket_type::sub, .binds = false, .beyond_loopback = beyond_loopback},
      kQueuedOfPublisher);
}

}  // namespace vmtrail
