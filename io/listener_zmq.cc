// SPDX-License-Identifier: Apache-2.0
// Questions over ZeroMQ.

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>
#include <zmq_addon.hpp>

#include "io/file_descriptor.h"
#include "io/listeners.h"
#include "io/prompt_threads.h"
#include "io/thread_name.h"
#include "io/watch_zmq.h"
#include "io/zmq_peer.h"

namespace vmtrail {

namespace {

constexpr std::size_t kLargestRequest = 64 << 10;
constexpr std::size_t kMostFrames = 16;  // the address and what else stands before the request
constexpr std::size_t kMostOpen = 256;   // questions that are not answered yet
constexpr std::size_t kAtOnce = 64;      // requests read before answers are written
constexpr auto kFull =
    std::chrono::milliseconds{20};  // until a watcher that is full is tried again

/// Answers on their way to the thread that has the socket, which may be gone by then.
class Outbox {
 public:
  Outbox() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void put(ZmqFrames frames) {
    const std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frames));
    wake();
  }
  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  }
  [[nodiscard]] std::vector<ZmqFrames> take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(wake_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(frames_, {});
  }
  [[nodiscard]] int descriptor() const { return wake_.get(); }

 private:
  const FileDescriptor wake_;
  std::mutex mutex_;
  std::vector<ZmqFrames> frames_;  // guarded by it
};

class ZmqListener : public Listener {
 public:
  ZmqListener(const ListenerSetting& setting, std::unique_ptr<ZmqPeer> peer)
      : desk_(setting.desk),
        peer_(std::move(peer)),
        outbox_(std::make_shared<Outbox>()),
        watchers_(setting.watch, [outbox = outbox_] { outbox->wake(); }),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~ZmqListener() override {
    thread_.request_stop();
    outbox_->wake();
    thread_.join();
  }

  [[nodiscard]] std::string address() const override { return peer_->address; }

 private:
  void run(const std::stop_token& stop) {
    name_thread("zmq-query");
    std::array<zmq::pollitem_t, 2> items = {{{peer_->socket.handle(), 0, ZMQ_POLLIN, 0},
                                             {nullptr, outbox_->descriptor(), ZMQ_POLLIN, 0}}};
    try {
      bool full = false;
      while (!stop.stop_requested()) {
        zmq::poll(items.data(), items.size(), full ? kFull : std::chrono::milliseconds{-1});
        for (std::size_t count = 0; count < kAtOnce && receive(); ++count) {
        }
        send_answers();
        full = watchers_.send(peer_->socket);
      }
      send_answers();  // the keeper's last
      watchers_.send(peer_->socket);
    } catch (const zmq::error_t& error) {
      spdlog::error("{}: {}", peer_->address, error.what());
    }
  }

  // A client that is gone, or takes no more, loses its answer.
  void send_answers() {
    for (ZmqFrames& frames : outbox_->take()) {
      --open_;
      static_cast<void>(send_to_peer(peer_->socket, std::move(frames)));
    }
  }

  // false: there is nothing.
  bool receive() {
    ZmqFrames frames;
    if (!zmq::recv_multipart(peer_->socket, std::back_inserter(frames),
                             zmq::recv_flags::dontwait)) {
      return false;
    }
    if (frames.size() < 2 || frames.size() > kMostFrames) return true;  // nobody's question
    const std::string text = frames.back().to_string();
    frames.pop_back();
    auto request = parse_request(text);
    if (request && request->op == "watch") {
      const auto begun = watchers_.begin(frames, *request);
      if (begun) return true;
      request = tl::unexpected(begun.error());
    }
    const bool ends_watch = request && request->op == "unwatch";
    if (ends_watch) {
      if (auto ended = watchers_.end(frames); !ended) request = tl::unexpected(ended.error());
    }
    ++open_;
    // A reply has to be copyable.
    const auto envelope = std::make_shared<ZmqFrames>(std::move(frames));
    const auto reply = [outbox = outbox_, envelope](const Answer& answer) {
      envelope->emplace_back(answer.json.data(), answer.json.size());
      outbox->put(std::move(*envelope));
    };
    if (open_ > kMostOpen) {
      reply(unasked({ErrorCode::unavailable, "too many questions wait; ask again later"}));
    } else if (!request) {
      reply(unasked(request.error()));
    } else if (ends_watch) {
      reply({R"({"watch":"ended"})", std::nullopt});
    } else {
      desk_.ask(std::move(*request), reply);
    }
    return true;
  }

  QueryDesk& desk_;
  const std::unique_ptr<ZmqPeer> peer_;
  const std::shared_ptr<Outbox> outbox_;
  // Of the thread.
  std::size_t open_ = 0;
  ZmqWatchers watchers_;

  std::jthread thread_;
};

}  // namespace

Result<ListenerOpener> prepare_zmq_listener(const Url& url, bool beyond_loopback) {
  auto address = ZmqAddress::of(url, {.type = zmq::socket_type::router,
                                      .beyond_loopback = beyond_loopback,
                                      .most = kLargestRequest});
  if (!address) return tl::unexpected(address.error());
  return [address = std::move(*address)](const ListenerSetting& setting) -> OpenedListener {
    const PromptThreads prompt;
    auto peer = ZmqPeer::open(address);
    if (!peer) return tl::unexpected(peer.error());
    (*peer)->socket.set(zmq::sockopt::router_mandatory, true);
    return std::make_unique<ZmqListener>(setting, std::move(*peer));
  };
}

}  // namespace vmtrail
