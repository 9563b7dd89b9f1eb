// SPDX-License-Identifier: Apache-2.0
// The broker that the tests have started (broker.py), and what a test does with it.

#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "io/amqp_connection.h"
#include "io/url.h"

namespace vmtrail::testing {

struct Broker {
  std::string directory = VMTRAIL_BROKER;
  std::string amqp;  ///< host:port
  std::string amqps;

  Broker() {
    std::ifstream ports(directory + "/ports");
    std::string plain;
    std::string tls;
    if (!(ports >> plain >> tls)) throw std::runtime_error("no broker in " + directory);
    amqp = "127.0.0.1:" + plain;
    amqps = "localhost:" + tls;  // its certificate is of a name
  }

  /// A URL of the user who may do everything; `options` as behind `?`.
  [[nodiscard]] std::string url(const std::string& options,
                                const std::string& user = "vmtrail") const {
    return "amqp://" + user + "@" + amqp + "/?password_file=" + directory + "/password&" + options;
  }
  void kill() const { run("kill"); }
  void start() const { run("start"); }
  /// What broker.py does.
  void run(const std::string& what) const {
    const std::string command =
        "python3 '" VMTRAIL_TESTS "/broker.py' " + what + " '" + directory + "'";
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
  }
};

/// While it is there the broker is short of memory, and takes no messages.
class Shortage {
 public:
  explicit Shortage(const Broker& broker) : broker_(broker) { broker_.run("alarm"); }
  ~Shortage() { broker_.run("calm"); }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

 private:
  const Broker& broker_;
};

/// What another program does at the broker. Throws where the broker is at fault.
class Neighbour {
 public:
  explicit Neighbour(const Broker& broker) : connection_(opened(broker)) {
    need(connection_.open_channel(kChannel));
  }

  void make_exchange(const std::string& name, bool durable = false) {
    amqp_exchange_declare(state(), kChannel, amqp_bytes(name), amqp_bytes("topic"), 0,
                          durable ? 1 : 0, 0, 0, amqp_empty_table);
    need(connection_.check("exchange"));
  }
  void remove_exchange(const std::string& name) {
    amqp_exchange_delete(state(), kChannel, amqp_bytes(name), 0);
    need(connection_.check("exchange"));
  }
  void make_queue(const std::string& name, const std::string& exchange = {},
                  const std::string& key = {}, bool durable = true) {
    amqp_queue_declare(state(), kChannel, amqp_bytes(name), 0, durable ? 1 : 0, 0, 0,
                       amqp_empty_table);
    need(connection_.check("queue"));
    if (exchange.empty()) return;
    amqp_queue_bind(state(), kChannel, amqp_bytes(name), amqp_bytes(exchange), amqp_bytes(key),
                    amqp_empty_table);
    need(connection_.check("bind"));
  }
  void remove_queue(const std::string& name) {
    amqp_queue_delete(state(), kChannel, amqp_bytes(name), 0, 0);
    need(connection_.check("queue"));
  }
  /// How many messages wait in it, without those handed out.
  std::uint32_t waiting(const std::string& name) {
    const auto* const ok =
        amqp_queue_declare(state(), kChannel, amqp_bytes(name), 1, 0, 0, 0, amqp_empty_table);
    need(connection_.check("queue"));
    return ok->message_count;
  }
  void publish(const std::string& exchange, const std::string& key, std::string_view body,
               const std::string& compression = {}, const std::string& encoding = {}) {
    amqp_table_entry_t header{};
    header.key = amqp_bytes("compression");
    header.value.kind = AMQP_FIELD_KIND_UTF8;
    header.value.value.bytes = amqp_bytes(compression);
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.content_type = amqp_bytes("application/json");
    properties.delivery_mode = 2;
    if (!encoding.empty()) {
      properties._flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG;
      properties.content_encoding = amqp_bytes(encoding);
    }
    if (!compression.empty()) {
      properties._flags |= AMQP_BASIC_HEADERS_FLAG;
      properties.headers = {1, &header};
    }
    need(connection_.check(amqp_basic_publish(state(), kChannel, amqp_bytes(exchange),
                                              amqp_bytes(key), 0, 0, &properties, amqp_bytes(body)),
                           "publish"));
  }
  /// Takes one message out of a queue, if there is one: its routing key and its body.
  std::optional<std::pair<std::string, std::string>> get(const std::string& queue) {
    amqp_maybe_release_buffers(state());
    const amqp_rpc_reply_t reply = amqp_basic_get(state(), kChannel, amqp_bytes(queue), 1);
    need(connection_.check(reply, "get"));
    if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
    const std::string key(
        view(static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->routing_key));
    amqp_message_t message;
    need(connection_.check(amqp_read_message(state(), kChannel, &message, 0), "get"));
    std::pair<std::string, std::string> result(key, view(message.body));
    amqp_destroy_message(&message);
    return result;
  }

 private:
  static constexpr amqp_channel_t kChannel = 1;

  static AmqpConnection opened(const Broker& broker) {
    const auto url = parse_url(broker.url(""));
    if (!url) throw std::runtime_error(url.error().detail);
    auto connection = AmqpConnection::open(*AmqpAddress::of(*url));
    if (!connection) throw std::runtime_error(connection.error().detail);
    return std::move(*connection);
  }
  static void need(const Result<void>& done) {
    if (!done) throw std::runtime_error(done.error().detail);
  }
  [[nodiscard]] amqp_connection_state_t state() const { return connection_.get(); }

  AmqpConnection connection_;
};

}  // namespace vmtrail::testing
