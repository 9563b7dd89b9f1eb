// SPDX-License-Identifier: Apache-2.0

#include "io/amqp_connection.h"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <utility>

namespace vmtrail {

namespace {

constexpr timeval kConnect{10, 0};
constexpr std::string_view kConnecting = "connecting";
constexpr int kFrame = 131'072;

/// Why a broker closes a connection or a channel.
struct Close {
  int code;
  std::string text;
  bool channel;
};

std::optional<Close> close_of(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return std::nullopt;
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* const close = static_cast<amqp_channel_close_t*>(reply.reply.decoded);
    return Close{close->reply_code, std::string(view(close->reply_text)), true};
  }
  if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* const close = static_cast<amqp_connection_close_t*>(reply.reply.decoded);
    return Close{close->reply_code, std::string(view(close->reply_text)), false};
  }
  return Close{0, "the broker ended it", false};
}

std::string_view advice(int code) {
  switch (code) {
    case AMQP_ACCESS_REFUSED:
      return "; the user needs the permissions to configure, write and read the queue, and to read "
             "the exchanges that it is bound to (rabbitmqctl set_permissions)";
    case AMQP_NOT_FOUND:
      return "; an exchange is made by the service that writes to it";
    case AMQP_PRECONDITION_FAILED:
      return "; it is there with other properties: name another one, or give the options that it "
             "was made with, or delete it";
    case AMQP_RESOURCE_LOCKED:
      return "; somebody else has it for himself";
    case AMQP_NOT_ALLOWED:
      return "; is the vhost right, and may the user enter it?";
    default:
      return "";
  }
}

/// What a broker is told of its client: that it understands when a queue is taken away from it, and
/// when it is to wait. Brokers say nothing to others.
class Introduction {
 public:
  Introduction() = default;
  Introduction(const Introduction&) = delete;
  Introduction& operator=(const Introduction&) = delete;
  [[nodiscard]] const amqp_table_t* table() const { return &properties_; }

 private:
  static amqp_table_entry_t entry(const char* key, std::uint8_t kind) {
    amqp_table_entry_t entry{};
    entry.key = amqp_cstring_bytes(key);
    entry.value.kind = kind;
    return entry;
  }
  static amqp_table_entry_t yes(const char* key) {
    amqp_table_entry_t result = entry(key, AMQP_FIELD_KIND_BOOLEAN);
    result.value.value.boolean = 1;
    return result;
  }
  static amqp_table_entry_t of(const char* key, const amqp_table_t& table) {
    amqp_table_entry_t result = entry(key, AMQP_FIELD_KIND_TABLE);
    result.value.value.table = table;
    return result;
  }

  std::array<amqp_table_entry_t, 2> understood_ = {yes("consumer_cancel_notify"),
                                                   yes("connection.blocked")};
  amqp_table_entry_t capabilities_ = of("capabilities", {2, understood_.data()});
  amqp_table_t properties_{1, &capabilities_};
};

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

}  // namespace

Result<AmqpAddress> AmqpAddress::of(const Url& url) {
  AmqpAddress address;
  address.name = url.text;
  address.tls = url.scheme == "amqps";
  if (url.host.empty()) return tl::unexpected(wrong_url(url, "a host is wanted"));
  address.host = url.host;
  address.port = url.port.value_or(address.tls ? 5671 : 5672);
  address.vhost = url.path.size() > 1 ? url.path.substr(1) : "/";
  address.user = url.user.empty() ? "guest" : url.user;
  for (const auto& [option, file] : {std::pair{"password_file", &address.password_file},
                                     {"cacert", &address.cacert},
                                     {"cert", &address.cert},
                                     {"key", &address.key}}) {
    auto named = url.file(option);
    if (!named) return tl::unexpected(named.error());
    *file = std::move(*named);
  }
  if (address.password_file.empty() && address.user != "guest") {
    return tl::unexpected(wrong_url(url, "password_file=FILE is wanted for this user"));
  }
  const auto heartbeat = url.number({"heartbeat", 30, 2, 3'600, "seconds"});
  if (!heartbeat) return tl::unexpected(heartbeat.error());
  address.heartbeat = static_cast<int>(*heartbeat);
  if (address.tls == address.cacert.empty()) {
    return tl::unexpected(wrong_url(
        url, address.tls ? "cacert=FILE is wanted: whom to trust" : "with cacert it is amqps"));
  }
  if (address.cert.empty() != address.key.empty()) {
    return tl::unexpected(wrong_url(url, "cert and key go together"));
  }
  return address;
}

Result<AmqpConnection> AmqpConnection::open(const AmqpAddress& address) {
  AmqpConnection connection(address.name, amqp_new_connection());
  if (auto done = connection.connect(address); !done) return tl::unexpected(done.error());
  if (auto done = connection.log_in(address); !done) return tl::unexpected(done.error());
  return connection;
}

Result<void> AmqpConnection::connect(const AmqpAddress& address) {
  amqp_socket_t* socket = nullptr;
  if (address.tls) {
    socket = amqp_ssl_socket_new(get());
    if (socket == nullptr) return error("connecting", "no TLS");
    amqp_ssl_socket_set_verify_peer(socket, 1);
    amqp_ssl_socket_set_verify_hostname(socket, 1);
    if (auto done = check(amqp_ssl_socket_set_cacert(socket, address.cacert.c_str()),
                          "reading " + address.cacert);
        !done) {
      return done;
    }
    if (!address.cert.empty()) {
      const int set = amqp_ssl_socket_set_key(socket, address.cert.c_str(), address.key.c_str());
      if (auto done = check(set, "reading " + address.cert); !done) return done;
    }
  } else {
    socket = amqp_tcp_socket_new(get());
    if (socket == nullptr) return error("connecting", "no memory");
  }
  return check(amqp_socket_open_noblock(socket, address.host.c_str(), address.port, &kConnect),
               kConnecting);
}

Result<void> AmqpConnection::log_in(const AmqpAddress& address) {
  std::string password = "guest";
  if (!address.password_file.empty()) {
    std::ifstream file(address.password_file);
    if (!std::getline(file, password))
      return error("logging in", address.password_file + ": no password in it");
    if (!password.empty() && password.back() == '\r') password.pop_back();
  }
  amqp_set_rpc_timeout(get(), &kConnect);
  const Introduction introduction;
  const amqp_rpc_reply_t reply = amqp_login_with_properties(
      get(), address.vhost.c_str(), 0, kFrame, address.heartbeat, introduction.table(),
      AMQP_SASL_METHOD_PLAIN, address.user.c_str(), password.c_str());
  // Older brokers just hang up.
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
      (reply.library_error == AMQP_STATUS_CONNECTION_CLOSED ||
       reply.library_error == AMQP_STATUS_SOCKET_ERROR)) {
    return error("logging in",
                 "the broker hung up: are user, password and vhost right, and is it a port for " +
                     std::string(address.tls ? "TLS?" : "AMQP without TLS?"));
  }
  if (const auto close = close_of(reply); close && close->code == AMQP_ACCESS_REFUSED) {
    return error("logging in", "user '" + address.user +
                                   "' is refused (403): is the password right? (guest may only "
                                   "come from the broker's own host)");
  }
  if (address.tls && address.cert.empty() && reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
      reply.library_error == AMQP_STATUS_SSL_ERROR) {
    return error("logging in",
                 "TLS failed: does the broker want a certificate of its clients (cert=, key=)?");
  }
  return check(reply, "logging in");
}

bool AmqpConnection::has_buffered() const {
  return amqp_frames_enqueued(get()) != 0 || amqp_data_in_buffer(get()) != 0;
}

Result<void> AmqpConnection::open_channel(amqp_channel_t channel) {
  amqp_channel_open(get(), channel);
  return check("opening a channel");
}

tl::unexpected<Error> AmqpConnection::error(std::string_view doing, std::string_view what) const {
  return tl::unexpected(Error{ErrorCode::unreadable, name_ + ": " + std::string(doing) + ": " +
                                                         one_line(std::string(what))});
}

Result<void> AmqpConnection::check(std::string_view doing) const {
  return check(amqp_get_rpc_reply(get()), doing);
}

Result<void> AmqpConnection::check(const amqp_rpc_reply_t& reply, std::string_view doing) const {
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) return check(reply.library_error, doing);
  if (const auto close = close_of(reply)) {
    return error(doing, close->text + " (" + std::to_string(close->code) + ")" +
                            std::string(advice(close->code)));
  }
  return error(doing, "the broker hung up");
}

Result<void> AmqpConnection::check(int status, std::string_view doing) const {
  if (status == AMQP_STATUS_OK) return {};
  if (status == AMQP_STATUS_SOCKET_ERROR || status == AMQP_STATUS_CONNECTION_CLOSED) {
    return error(doing, doing == kConnecting ? "it cannot be reached, or refuses the connection"
                                             : "the connection broke, or the broker closed it");
  }
  return error(doing, amqp_error_string2(status));
}

int AmqpConnection::channel_code(const amqp_rpc_reply_t& reply) {
  const auto close = close_of(reply);
  return close && close->channel ? close->code : 0;
}

Result<void> AmqpConnection::close() {
  return check(amqp_connection_close(get(), AMQP_REPLY_SUCCESS), "closing");
}

void AmqpConnection::send_heartbeat() {
  amqp_frame_t frame{};
  frame.frame_type = AMQP_FRAME_HEARTBEAT;
  amqp_send_frame(get(), &frame);
}

}  // namespace vmtrail
