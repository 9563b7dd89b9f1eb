// SPDX-License-Identifier: Apache-2.0

#include "io/source_zmq.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
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
constexpr auto kLast = std::chrono::seconds{5};           // for the intake, after a stop
constexpr std::size_t kDrained = std::size_t{256} << 20;  // bytes, at most, after a stop

class ZmqSource : public Source {
 public:
  ZmqSource(const Url& url, const SourceSetting& setting, std::unique_ptr<ZmqPeer> peer)
      : Source(url.text),
        handover_(setting.intake),
        format_(setting.format),
        peer_(std::move(peer)),
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

 private:
  void run(const std::stop_token& stop) {
    name_thread("zmq-source");
    try {
      while (!stop.stop_requested()) {
        if (receive(stop) == 0) wait();
      }
      // What has arrived is not thrown away, though what goes on arriving has to end.
      for (std::size_t drained = 0; drained < kDrained;) {
        const std::size_t size = receive(stop);
        if (size == 0) break;
        drained += size;
      }
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
    zmq::message_t frame;
    std::size_t frames = 0;
    while (delivery.bytes() < kHandedOver && peer_->socket.recv(frame, zmq::recv_flags::dontwait)) {
      ++frames;
      const std::string_view bytes = frame.to_string_view();
      const bool first = std::exchange(more_, frame.more()) == false;
      const bool topic = first && more_ && bytes.find_first_of("{[<") == std::string_view::npos;
      if (!topic) delivery.add(bytes);
    }
    const std::size_t size = delivery.bytes() + frames;
    if (delivery.empty()) {
      handover_.give_back(std::move(delivery));
    } else {
      // It waits while there is no room, and so does whoever pushes.
      const bool put = handover_.put(std::move(delivery), stop) ||
                       handover_.put(std::move(delivery), {}, Intake::Clock::now() + kLast);
      if (!put) spdlog::error("{}: {} bytes came last and are lost", name(), delivery.bytes());
    }
    return size;
  }

  Handover handover_;
  const Format format_;
  const std::unique_ptr<ZmqPeer> peer_;
  const FileDescriptor wake_;
  bool more_ = false;  // the last frame was not the last of its message
  std::jthread thread_;
};

OpenedSource open_zmq(const Url& url, const SourceSetting& setting, zmq::socket_type type) {
  auto peer = ZmqPeer::open(url, {.type = type,
                                  .binds = type == zmq::socket_type::pull,
                                  .beyond_loopback = setting.beyond_loopback});
  if (!peer) return tl::unexpected(peer.error());
  return std::make_unique<ZmqSource>(url, setting, std::move(*peer));
}

}  // namespace

OpenedSource open_zmq_pull(const Url& url, const SourceSetting& setting) {
  return open_zmq(url, setting, zmq::socket_type::pull);
}

OpenedSource open_zmq_sub(const Url& url, const SourceSetting& setting) {
  return open_zmq(url, setting, zmq::socket_type::sub);
}

}  // namespace vmtrail
