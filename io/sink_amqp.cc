// SPDX-License-Identifier: Apache-2.0

#include "io/sink_amqp.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/amqp_connection.h"

namespace vmtrail {

namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::size_t kUnconfirmed = 500;  // messages, at most

/// Publishes with the record's type as routing key (`instance.moved`) and its sequence as message
/// id. A record is delivered once the broker has confirmed it.
class AmqpSink : public Sink {
 public:
  AmqpSink(AmqpAddress address, std::string exchange)
      : address_(std::move(address)), exchange_(std::move(exchange)) {}

  Result<void> send(std::span<const OutgoingRecord> records, const std::stop_token& stop) override {
    auto done = connection_ ? Result<void>() : connect();
    for (std::size_t i = 0; done && i < records.size(); ++i) {
      done = publish(records[i]);
      if (done && open_.size() >= kUnconfirmed) done = confirm(kUnconfirmed / 2, stop);
    }
    if (done) done = confirm(0, stop);
    if (!done) connection_.reset();
    return done;
  }

  /// Brokers end a connection that sends no heartbeats: the library does, while it looks for
  /// frames.
  void stay() override {
    constexpr timeval kNow{0, 0};
    if (!connection_) return;
    amqp_frame_t frame;
    const int status = amqp_simple_wait_frame_noblock(connection_->get(), &frame, &kNow);
    if (status == AMQP_STATUS_TIMEOUT) return;
    // The next records go over another one.
    if (status != AMQP_STATUS_OK || !take(frame)) connection_.reset();
  }

 private:
  Result<void> connect();
  Result<void> publish(const OutgoingRecord& record);
  Result<void> confirm(std::size_t open, const std::stop_token& stop);
  Result<void> take(const amqp_frame_t& frame);

  const AmqpAddress address_;
  const std::string exchange_;
  std::optional<AmqpConnection> connection_;
  std::uint64_t published_ = 0;
  std::set<std::uint64_t> open_;  // delivery tags that are not confirmed
};

Result<void> AmqpSink::connect() {
  auto connection = AmqpConnection::open(address_);
  if (!connection) return tl::unexpected(connection.error());
  published_ = 0;
  open_.clear();
  if (auto done = connection->open_channel(kChannel); !done) return done;
  const auto state = connection->get();
  amqp_exchange_declare(state, kChannel, amqp_bytes(exchange_), amqp_bytes("topic"), 0, 1, 0, 0,
                        amqp_empty_table);
  if (auto done = connection->check("making the exchange '" + exchange_ + "'"); !done) return done;
  amqp_confirm_select(state, kChannel);
  if (auto done = connection->check("asking for confirms"); !done) return done;
  connection_ = std::move(*connection);
  return {};
}

Result<void> AmqpSink::publish(const OutgoingRecord& record) {
  const std::string id = std::to_string(static_cast<std::uint64_t>(record.sequence));
  amqp_basic_properties_t properties{};
  properties._flags =
      AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG;
  properties.content_type = amqp_bytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.message_id = amqp_bytes(id);
  open_.insert(++published_);
  return connection_->check(
      amqp_basic_publish(connection_->get(), kChannel, amqp_bytes(exchange_),
                         amqp_bytes(record.type), 0, 0, &properties, amqp_bytes(record.text)),
      "publishing");
}

// Until at most so many are open.
Result<void> AmqpSink::confirm(std::size_t open, const std::stop_token& stop) {
  while (open_.size() > open) {
    constexpr timeval kSlice{0, 200'000};
    amqp_maybe_release_buffers(connection_->get());
    amqp_frame_t frame;
    const int status = amqp_simple_wait_frame_noblock(connection_->get(), &frame, &kSlice);
    if (stop.stop_requested()) {
      return tl::unexpected(Error{ErrorCode::unwritable, address_.name + ": stopped unconfirmed"});
    }
    if (status == AMQP_STATUS_TIMEOUT) continue;
    if (auto done = connection_->check(status, "waiting for confirms"); !done) return done;
    if (auto done = take(frame); !done) return done;
  }
  return {};
}

Result<void> AmqpSink::take(const amqp_frame_t& frame) {
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_CONNECTION_BLOCKED_METHOD) {
    const auto* const blocked = static_cast<amqp_connection_blocked_t*>(method.decoded);
    spdlog::warn("{}: the broker takes no records for now: {}", address_.name,
                 view(blocked->reason));
    return {};
  }
  if (method.id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
    spdlog::info("{}: the broker takes records again", address_.name);
    return {};
  }
  if (method.id == AMQP_BASIC_ACK_METHOD) {
    const auto* const ack = static_cast<amqp_basic_ack_t*>(method.decoded);
    if (ack->multiple != 0) {
      open_.erase(open_.begin(), open_.upper_bound(ack->delivery_tag));
    } else {
      open_.erase(ack->delivery_tag);
    }
    return {};
  }
  if (method.id == AMQP_BASIC_NACK_METHOD) {
    return tl::unexpected(
        Error{ErrorCode::unwritable, address_.name + ": the broker could not take a record"});
  }
  amqp_rpc_reply_t ended{};
  ended.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION;
  ended.reply = method;
  return connection_->check(ended, "publishing");
}

}  // namespace

Result<SinkOpener> prepare_amqp_sink(const Url& url, bool /*beyond_loopback*/) {
  auto address = AmqpAddress::of(url);
  if (!address) return tl::unexpected(address.error());
  std::string exchange(url.value("exchange").value_or("vmtrail"));
  return [address = std::move(*address), exchange = std::move(exchange)]() -> OpenedSink {
    return std::make_unique<AmqpSink>(address, exchange);
  };
}

}  // namespace vmtrail
