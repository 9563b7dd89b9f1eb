// SPDX-License-Identifier: Apache-2.0
// A connection to a RabbitMQ broker (AMQP 0-9-1), and what its refusals mean.

#pragma once

#include <amqp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "io/url.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// The options of every amqp:// and amqps:// URL.
inline constexpr std::array<std::string_view, 5> kAmqpOptions = {"password_file", "heartbeat",
                                                                 "cacert", "cert", "key"};

/// Where a broker is and who asks, from a URL. What its files hold is read with each connection.
struct AmqpAddress {
  /// Errors: wrong_usage; unreadable, with the file.
  [[nodiscard]] static Result<AmqpAddress> of(const Url& url);

  std::string name;  ///< the URL, for messages
  bool tls = false;
  std::string host;
  int port = 5672;
  std::string vhost;
  std::string user;
  std::string password_file;  ///< empty: the password is guest
  int heartbeat = 30;         ///< seconds
  std::string cacert, cert, key;
};

/// Open from open() until it fails. One thread at a time. Errors: unreadable, one line that says
/// what to do, without secrets.
class AmqpConnection {
 public:
  [[nodiscard]] static Result<AmqpConnection> open(const AmqpAddress& address);

  [[nodiscard]] amqp_connection_state_t get() const { return state_.get(); }
  [[nodiscard]] int socket() const { return amqp_get_sockfd(state_.get()); }
  /// Is there something to be read that the socket does not tell of any more?
  [[nodiscard]] bool has_buffered() const;

  [[nodiscard]] Result<void> open_channel(amqp_channel_t channel);
  /// Fails if the last call of the library did; `doing` as in "binding the queue".
  [[nodiscard]] Result<void> check(std::string_view doing) const;
  [[nodiscard]] Result<void> check(const amqp_rpc_reply_t& reply, std::string_view doing) const;
  [[nodiscard]] Result<void> check(int status, std::string_view doing) const;
  /// Did the broker close the channel, and not the connection? Why: 404, 406 …; 0: it did not.
  [[nodiscard]] static int channel_code(const amqp_rpc_reply_t& reply);

  /// Says goodbye: what was sent has arrived.
  Result<void> close();
  /// For when nothing is read or written for long.
  void send_heartbeat();
  [[nodiscard]] int heartbeat() const { return amqp_get_heartbeat(state_.get()); }

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t_* state) const { amqp_destroy_connection(state); }
  };
  AmqpConnection(std::string name, amqp_connection_state_t state)
      : name_(std::move(name)), state_(state) {}
  Result<void> connect(const AmqpAddress& address);
  Result<void> log_in(const AmqpAddress& address);
  [[nodiscard]] tl::unexpected<Error> error(std::string_view doing, std::string_view what) const;

  std::string name_;
  std::unique_ptr<amqp_connection_state_t_, Destroy> state_;
};

[[nodiscard]] inline amqp_bytes_t amqp_bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
[[nodiscard]] inline std::string_view view(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

}  // namespace vmtrail
