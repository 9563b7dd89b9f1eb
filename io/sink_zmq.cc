// SPDX-License-Identifier: Apache-2.0

#include "io/sink_zmq.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <zmq.hpp>

#include "io/zmq_peer.h"

namespace vmtrail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds{1};     // for somebody who takes a record
constexpr auto kLook = std::chrono::milliseconds{100};  // at the stop token
constexpr auto kPause = std::chrono::milliseconds{10};

class ZmqSink : public Sink {
 public:
  ZmqSink(const Url& url, std::unique_ptr<ZmqPeer> peer)
      : name_(url.text), peer_(std::move(peer)) {}

  Result<void> send(std::span<const OutgoingRecord> records, const std::stop_token& stop) override {
    try {
      for (const OutgoingRecord& record : records) {
        if (record.sequence <= sent_) continue;  // before the failure
        if (!await_room(stop)) {
          return tl::unexpected(Error{ErrorCode::unwritable, name_ + ": nobody takes records"});
        }
        send(record);
      }
    } catch (const zmq::error_t& error) {
      return tl::unexpected(Error{ErrorCode::unwritable, name_ + ": " + error.what()});
    }
    return {};
  }

  [[nodiscard]] std::string address() const override { return peer_->address; }

 private:
  // A socket that connects has room from the first moment, whether anybody is there or not.
  bool await_room(const std::stop_token& stop) {
    zmq::pollitem_t item{peer_->socket.handle(), 0, ZMQ_POLLOUT, 0};
    for (const auto until = Clock::now() + kPatience;;) {
      if (!peer_->is_connected()) {
        std::this_thread::sleep_for(kPause);
      } else if (zmq::poll(&item, 1, kLook) > 0) {
        return true;
      }
      if (stop.stop_requested() || Clock::now() >= until) return false;
    }
  }

  // There is room for the first frame, and so for the others.
  void send(const OutgoingRecord& record) {
    const std::string sequence = std::to_string(static_cast<std::uint64_t>(record.sequence));
    peer_->socket.send(zmq::buffer(record.type), zmq::send_flags::sndmore);
    peer_->socket.send(zmq::buffer(sequence), zmq::send_flags::sndmore);
    peer_->socket.send(zmq::buffer(record.text), zmq::send_flags::none);
    sent_ = record.sequence;
  }

  const std::string name_;
  const std::unique_ptr<ZmqPeer> peer_;
  Sequence sent_{};
};

Result<SinkOpener> prepare_zmq(const Url& url, const ZmqAddress::Options& options) {
  auto address = ZmqAddress::of(url, options);
  if (!address) return tl::unexpected(address.error());
  return [address = std::move(*address)]() -> OpenedSink {
    auto peer = ZmqPeer::open(address);
    if (!peer) return tl::unexpected(peer.error());
    return std::make_unique<ZmqSink>(address.url, std::move(*peer));
  };
}

}  // namespace

Result<SinkOpener> prepare_zmq_pub(const Url& url, bool beyond_loopback) {
  return prepare_zmq(
      url, {.type = zmq::socket_type::pub, .beyond_loopback = beyond_loopback, .hwm = 10'000});
}

Result<SinkOpener> prepare_zmq_push(const Url& url, bool beyond_loopback) {
  return prepare_zmq(url, {.type = zmq::socket_type::push,
                           .binds = false,
                           .beyond_loopback = beyond_loopback,
                           .watched = true});
}

}  // namespace vmtrail
