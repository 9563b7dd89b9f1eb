// SPDX-License-Identifier: Apache-2.0

#include "io/amqp_queue.h"

#include <algorithm>

namespace vmtrail {

Result<AmqpQueue> AmqpQueue::of(const Url& url) {
  AmqpQueue queue;
  queue.name = url.value("queue").value_or("vmtrail");
  if (queue.name.empty()) return tl::unexpected(wrong_url(url, "the queue wants a name"));
  const std::string_view type = url.value("queue_type").value_or("classic");
  if (type != "classic" && type != "quorum") {
    return tl::unexpected(wrong_url(url, "queue_type is classic or quorum"));
  }
  queue.quorum = type == "quorum";
  if (url.has("durable")) {
    const auto durable = url.flag("durable");
    if (!durable) return tl::unexpected(durable.error());
    queue.durable = *durable;
  }
  if (queue.quorum && !queue.durable) {
    return tl::unexpected(wrong_url(url, "a quorum queue is always durable"));
  }
  const auto prefetch = url.number({"prefetch", queue.prefetch, 1, 65'535, "messages"});
  if (!prefetch) return tl::unexpected(prefetch.error());
  queue.prefetch = static_cast<std::uint16_t>(*prefetch);
  for (const std::string_view text : url.values("bind")) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return tl::unexpected(wrong_url(url, "bind is EXCHANGE:KEY"));
    }
    queue.bindings.push_back(
        {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))});
  }
  if (queue.bindings.empty()) {
    queue.bindings = {{"nova", "notifications.*"},
                      {"nova", "versioned_notifications.*"},
                      {"ceilometer", "event.sample"}};
  }
  return queue;
}

Result<void> consume(AmqpConnection& connection, amqp_channel_t channel, const AmqpQueue& queue) {
  amqp_table_entry_t type{};
  type.key = amqp_bytes("x-queue-type");
  type.value.kind = AMQP_FIELD_KIND_UTF8;
  type.value.value.bytes = amqp_bytes("quorum");
  const amqp_table_t arguments = queue.quorum ? amqp_table_t{1, &type} : amqp_empty_table;
  const auto state = connection.get();
  amqp_queue_declare(state, channel, amqp_bytes(queue.name), 0, queue.durable ? 1 : 0, 0, 0,
                     arguments);
  if (auto done = connection.check("making the queue '" + queue.name + "'"); !done) return done;
  amqp_basic_qos(state, channel, 0, queue.prefetch, 0);
  if (auto done = connection.check("setting prefetch"); !done) return done;
  amqp_basic_consume(state, channel, amqp_bytes(queue.name), amqp_empty_bytes, 0, 0, 0,
                     amqp_empty_table);
  return connection.check("consuming the queue '" + queue.name + "'");
}

Result<std::vector<std::string>> bind(AmqpConnection& connection, amqp_channel_t channel,
                                      const AmqpQueue& queue) {
  const auto state = connection.get();
  std::vector<std::string> missing;
  bool open = false;
  for (const AmqpBinding& binding : queue.bindings) {
    if (std::find(missing.begin(), missing.end(), binding.exchange) != missing.end()) continue;
    if (!open) {
      if (auto opened = connection.open_channel(channel); !opened) {
        return tl::unexpected(opened.error());
      }
      open = true;
    }
    amqp_queue_bind(state, channel, amqp_bytes(queue.name), amqp_bytes(binding.exchange),
                    amqp_bytes(binding.key), amqp_empty_table);
    const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state);
    if (AmqpConnection::channel_code(reply) == AMQP_NOT_FOUND) {
      amqp_channel_close_ok_t ok{};
      amqp_send_method(state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
      missing.push_back(binding.exchange);
      open = false;
      continue;
    }
    if (auto done = connection.check(reply, "binding the exchange '" + binding.exchange + "'");
        !done) {
      return tl::unexpected(done.error());
    }
  }
  if (open) {
    if (auto closed = connection.check(amqp_channel_close(state, channel, AMQP_REPLY_SUCCESS),
                                       "closing a channel");
        !closed) {
      return tl::unexpected(closed.error());
    }
  }
  return missing;
}

}  // namespace vmtrail
