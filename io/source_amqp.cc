// SPDX-License-Identifier: Apache-2.0

#include "io/source_amqp.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/amqp_body.h"
#include "io/amqp_queue.h"
#include "io/file_descriptor.h"
#include "io/handover.h"
#include "io/thread_name.h"

namespace vmtrail {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr amqp_channel_t kConsuming = 1;
constexpr amqp_channel_t kBinding = 2;
constexpr std::size_t kDelivery = 64 << 10;  // bytes, about
constexpr milliseconds kFirstBackoff{500};
constexpr milliseconds kLastBackoff{30'000};
constexpr auto kBindAgain = std::chrono::seconds{1};
constexpr auto kLookAgain = std::chrono::seconds{10};  // at the latest
constexpr unsigned kTagBits = 48;                      // the rest is the connection's number

/// Wakes a thread that waits for a socket.
class Wakeup {
 public:
  Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
  }
  /// Until the socket can be read (-1: there is none), or somebody wakes.
  void wait(int socket, milliseconds most) {
    pollfd both[] = {{fd_.get(), POLLIN, 0}, {socket, POLLIN, 0}};
    ::poll(both, 2, static_cast<int>(most.count()));
    std::uint64_t many = 0;
    [[maybe_unused]] const auto read = ::read(fd_.get(), &many, sizeof many);
  }

 private:
  FileDescriptor fd_;
};

class AmqpSource : public Source {
 public:
  AmqpSource(const Url& url, const SourceSetting& setting, AmqpAddress address, AmqpQueue queue)
      : Source(url.text),
        intake_(setting.intake),
        handover_(setting.intake),
        format_(setting.format),
        address_(std::move(address)),
        queue_(std::move(queue)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~AmqpSource() override { end(); }

  /// The connection stays: what is in the intake is still to be acknowledged.
  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      receiving_ = false;
    }
    wakeup_->wake();
    std::unique_lock lock(mutex_);
    stopped_.wait(lock, [&] { return quiet_; });
  }

  [[nodiscard]] std::optional<bool> up() const override { return up_; }

  void settle(std::span<const Settled> deliveries) override {
    settled_ = std::max(settled_.load(), deliveries.back().tag);
    wakeup_->wake();
  }

 private:
  void run(const std::stop_token& stop);
  Result<void> work(const std::stop_token& stop);
  Result<void> receive(AmqpConnection& connection, Delivery& delivery);
  bool hand_over(Delivery& delivery);
  Result<void> acknowledge(AmqpConnection& connection);
  Result<void> bind_again(AmqpConnection& connection);
  void tell(const Error& error);
  void end();
  bool goes_on();

  Intake& intake_;
  Handover handover_;
  const Format format_;
  const AmqpAddress address_;
  const AmqpQueue queue_;
  // Shared with what the intake calls, which may be later than the source is there.
  const std::shared_ptr<Wakeup> wakeup_ = std::make_shared<Wakeup>();

  std::atomic<std::uint64_t> settled_ = 0;  // the highest tag
  std::atomic<bool> up_ = false;            // it consumes the queue
  std::mutex mutex_;
  std::condition_variable stopped_;
  // Guarded by the mutex.
  bool receiving_ = true;
  bool quiet_ = false;  // nothing more is put

  // Of the thread.
  std::uint64_t generation_ = 0;  // of the connection
  std::uint64_t put_ = 0;         // the last tag
  std::uint64_t acknowledged_ = 0;
  struct Missing {
    Clock::time_point since;
    Clock::time_point look_at;
  };
  std::map<std::string, Missing> missing_;  // exchanges
  Clock::time_point bind_at_;
  bool waits_for_room_ = false;
  bool received_ = false;  // anything over this connection
  std::string told_;
  std::string room_;  // for a decompressed body

  std::jthread thread_;
};

void AmqpSource::end() {
  stop();
  thread_.request_stop();
  wakeup_->wake();
  if (thread_.joinable()) thread_.join();
}

bool AmqpSource::goes_on() {
  const std::lock_guard lock(mutex_);
  if (!receiving_ && !quiet_) {
    quiet_ = true;
    stopped_.notify_all();
  }
  return receiving_;
}

// Once for each trouble, not once for each attempt.
void AmqpSource::tell(const Error& error) {
  if (told_ == error.detail) return;
  told_ = error.detail;
  spdlog::warn("{}; it is tried again", error.detail);
}

void AmqpSource::run(const std::stop_token& stop) {
  name_thread("amqp-source");
  milliseconds backoff = kFirstBackoff;
  while (!stop.stop_requested()) {
    received_ = false;
    const auto worked = work(stop);
    up_ = false;
    if (!worked) tell(worked.error());
    if (received_) backoff = kFirstBackoff;
    const auto again = Clock::now() + backoff;
    while (!stop.stop_requested() && Clock::now() < again) {
      goes_on();
      wakeup_->wait(-1, std::chrono::ceil<milliseconds>(again - Clock::now()));
    }
    backoff = std::min(backoff * 2, kLastBackoff);
  }
  goes_on();
}

// One connection, to its end.
Result<void> AmqpSource::work(const std::stop_token& stop) {
  if (!goes_on()) return {};
  auto connection = AmqpConnection::open(address_);
  if (!connection) return tl::unexpected(connection.error());
  ++generation_;
  put_ = acknowledged_ = generation_ << kTagBits;
  waits_for_room_ = false;
  if (auto done = connection->open_channel(kConsuming); !done) return done;
  if (auto done = consume(*connection, kConsuming, queue_); !done) return done;
  bind_at_ = Clock::now();
  for (auto& [exchange, missing] : missing_) missing = {bind_at_, bind_at_};
  if (auto done = bind_again(*connection); !done) return done;
  spdlog::info("{}: consuming the queue '{}'", name(), queue_.name);
  told_.clear();
  up_ = true;
  const milliseconds slice = std::chrono::seconds{std::max(1, connection->heartbeat() / 3)};
  Delivery delivery = handover_.blank();
  while (!stop.stop_requested()) {
    if (goes_on() && !waits_for_room_) {
      if (auto done = receive(*connection, delivery); !done) return done;
      if (!delivery.empty()) waits_for_room_ = !hand_over(delivery);
    } else if (waits_for_room_ && goes_on()) {
      waits_for_room_ = !hand_over(delivery);
      connection->send_heartbeat();
    } else {
      connection->send_heartbeat();
    }
    if (auto done = acknowledge(*connection); !done) return done;
    if (auto done = bind_again(*connection); !done) return done;
    // Flooded with more than there is room for it leaves the rest to the broker: that is prefetch.
    if (!waits_for_room_ && connection->has_buffered() && goes_on()) continue;
    const bool reads = !waits_for_room_ && goes_on();
    const auto until_bound = std::chrono::ceil<milliseconds>(bind_at_ - Clock::now());
    wakeup_->wait(reads ? connection->socket() : -1,
                  std::clamp(until_bound, milliseconds{0}, slice));
  }
  // The keeper has ended by now: whatever was settled is not to come again.
  if (auto done = acknowledge(*connection); !done) return done;
  return connection->close();
}

// What is at hand, up to a delivery's size; waits for nothing.
Result<void> AmqpSource::receive(AmqpConnection& connection, Delivery& delivery) {
  constexpr timeval kNow{0, 0};
  delivery.clear();
  while (delivery.bytes() < kDelivery) {
    amqp_maybe_release_buffers(connection.get());
    amqp_envelope_t envelope;
    const amqp_rpc_reply_t reply = amqp_consume_message(connection.get(), &envelope, &kNow, 0);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
      const std::string_view body = plain_body(envelope.message, room_);
      delivery.add(Frame{.bytes = body.substr(0, kMostBody), .too_long = body.size() > kMostBody});
      put_ = generation_ << kTagBits | envelope.delivery_tag;
      received_ = true;
      amqp_destroy_envelope(&envelope);
      continue;
    }
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
        reply.library_error == AMQP_STATUS_TIMEOUT) {
      break;
    }
    if (reply.reply_type != AMQP_RESPONSE_LIBRARY_EXCEPTION ||
        reply.library_error != AMQP_STATUS_UNEXPECTED_STATE) {
      return connection.check(reply, "receiving");
    }
    // Something else than a message: the broker's reason to end it, as a rule.
    amqp_frame_t frame;
    if (auto read = connection.check(
            amqp_simple_wait_frame_noblock(connection.get(), &frame, &kNow), "receiving");
        !read) {
      return read;
    }
    if (frame.frame_type != AMQP_FRAME_METHOD) continue;
    if (frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD) {
      return tl::unexpected(
          Error{ErrorCode::unreadable,
                name() + ": the queue '" + queue_.name + "' was deleted, or lost with its node"});
    }
    amqp_rpc_reply_t ended{};
    ended.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION;
    ended.reply = frame.payload.method;
    return connection.check(ended, "receiving");
  }
  delivery.from = this;
  delivery.tag = put_;
  delivery.format = format_;
  delivery.whole = format_ != Format::log;
  return {};
}

bool AmqpSource::hand_over(Delivery& delivery) {
  const std::size_t bytes = delivery.bytes();
  if (handover_.try_put(delivery)) {
    delivery = handover_.blank();
    return true;
  }
  intake_.when_room(bytes, [wakeup = wakeup_] { wakeup->wake(); });
  return false;
}

// Tags of an earlier connection mean nothing any more: its messages come again.
Result<void> AmqpSource::acknowledge(AmqpConnection& connection) {
  const std::uint64_t settled = settled_;
  if (settled >> kTagBits != generation_ || settled <= acknowledged_) return {};
  acknowledged_ = settled;
  const std::uint64_t tag = settled & ((std::uint64_t{1} << kTagBits) - 1);
  return connection.check(amqp_basic_ack(connection.get(), kConsuming, tag, 1), "acknowledging");
}

// Nobody tells when an exchange is made, or deleted and made again, which takes its bindings along:
// all that is sent until the queue is bound again is lost. But a broker logs each time that it is
// asked for one that is not there, so such a one is looked for less and less often.
Result<void> AmqpSource::bind_again(AmqpConnection& connection) {
  const auto now = Clock::now();
  if (now < bind_at_) return {};
  AmqpQueue wanted = queue_;
  std::erase_if(wanted.bindings, [&](const AmqpBinding& binding) {
    const auto found = missing_.find(binding.exchange);
    return found != missing_.end() && now < found->second.look_at;
  });
  const auto missing = bind(connection, kBinding, wanted);
  if (!missing) return tl::unexpected(missing.error());
  bind_at_ = now + kBindAgain;
  for (const AmqpBinding& binding : wanted.bindings) {
    const std::string& exchange = binding.exchange;
    if (std::find(missing->begin(), missing->end(), exchange) == missing->end()) {
      if (missing_.erase(exchange) == 0) continue;
      spdlog::info("{}: the exchange '{}' is there, and bound", name(), exchange);
      continue;
    }
    const auto [found, is_new] = missing_.try_emplace(exchange, Missing{now, now});
    found->second.look_at =
        now + std::clamp<Clock::duration>((now - found->second.since) / 10, kBindAgain, kLookAgain);
    if (!is_new) continue;
    spdlog::warn("{}: there is no exchange '{}'; it is bound as soon as its service makes it",
                 name(), exchange);
  }
  return {};
}

}  // namespace

Result<SourceOpener> prepare_amqp_source(const Url& url, bool /*beyond_loopback*/) {
  auto address = AmqpAddress::of(url);
  if (!address) return tl::unexpected(address.error());
  auto queue = AmqpQueue::of(url);
  if (!queue) return tl::unexpected(queue.error());
  return [url, address = std::move(*address),
          queue = std::move(*queue)](const SourceSetting& setting) -> OpenedSource {
    return std::make_unique<AmqpSource>(url, setting, address, queue);
  };
}

}  // namespace vmtrail
