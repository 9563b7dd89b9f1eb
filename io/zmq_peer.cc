// SPDX-License-Identifier: Apache-2.0

#include "io/zmq_peer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace vmtrail {

namespace {

constexpr int kLinger = 1000;  // ms, for what is still to be sent

Error unreachable(const Url& url, const std::string& why) {
  return {ErrorCode::unreadable, url.text + ": " + why};
}

std::string endpoint(const Url& url) {
  std::string host = url.host == "localhost" ? "127.0.0.1" : url.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "tcp://" + host + ":" + (*url.port == 0 ? "*" : std::to_string(*url.port));
}

std::uint16_t port_of(const std::string& bound) {
  std::uint16_t port = 0;
  const char* const begin = bound.data() + bound.rfind(':') + 1;
  std::from_chars(begin, bound.data() + bound.size(), port);
  return port;
}

Result<void> secure(ZmqPeer& peer, const Url& url, bool binds) {
  const auto directory = url.value("curve");
  if (!directory) return {};
  auto keys = CurveKeys::read(std::string(*directory));
  if (!keys) return tl::unexpected(keys.error());
  peer.socket.set(zmq::sockopt::curve_publickey, keys->public_key);
  peer.socket.set(zmq::sockopt::curve_secretkey, keys->secret_key);
  if (!binds) {
    const auto server = keys->server_key();
    if (!server) return tl::unexpected(server.error());
    peer.socket.set(zmq::sockopt::curve_serverkey, *server);
    return {};
  }
  peer.socket.set(zmq::sockopt::curve_server, true);
  peer.socket.set(zmq::sockopt::zap_domain, "vmtrail");
  // Before the socket binds: where there is nobody to ask, ZeroMQ lets everybody in.
  peer.authenticator.emplace(peer.context, std::move(*keys));
  return {};
}

void watch(ZmqPeer& peer) {
  constexpr char kEvents[] = "inproc://coming-and-going";
  if (zmq_socket_monitor(peer.socket.handle(), kEvents,
                         ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) != 0) {
    throw zmq::error_t();
  }
  peer.coming_and_going = zmq::socket_t(peer.context, zmq::socket_type::pair);
  peer.coming_and_going.connect(kEvents);
  peer.connected = false;
}

}  // namespace

bool ZmqPeer::is_connected() {
  if (!coming_and_going) return connected;
  zmq::message_t frame;
  while (coming_and_going.recv(frame, zmq::recv_flags::dontwait)) {
    std::uint16_t event = 0;
    std::memcpy(&event, frame.data(), std::min(sizeof event, frame.size()));
    connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    // Behind each stands an address.
    static_cast<void>(coming_and_going.recv(frame, zmq::recv_flags::none));
  }
  return connected;
}

Result<std::unique_ptr<ZmqPeer>> ZmqPeer::open(const Url& url, Options options) {
  if (url.host.empty() || !url.port) {
    return tl::unexpected(wrong_url(url, "a host and a port are wanted"));
  }
  const bool binds = options.binds ? !url.has("connect") : url.has("bind");
  if (!binds && *url.port == 0) return tl::unexpected(wrong_url(url, "port 0 can only be bound"));
  if (binds && !is_loopback(url.host) && !url.has("curve") && !options.beyond_loopback) {
    return tl::unexpected(wrong_url(
        url, "would let in anyone; say curve=DIR (vmtrail keygen), or --beyond-loopback"));
  }
  const auto hwm = url.number("hwm", static_cast<std::uint64_t>(options.hwm));
  if (!hwm) return tl::unexpected(hwm.error());
  if (*hwm == 0 || *hwm > 1'000'000) {
    return tl::unexpected(wrong_url(url, "hwm is 1 to 1000000 messages"));
  }
  auto peer = std::make_unique<ZmqPeer>();
  try {
    peer->socket = zmq::socket_t(peer->context, options.type);
    peer->socket.set(zmq::sockopt::linger, kLinger);
    peer->socket.set(zmq::sockopt::rcvhwm, static_cast<int>(*hwm));
    peer->socket.set(zmq::sockopt::sndhwm, static_cast<int>(*hwm));
    // Whoever sends more is disconnected: it would take the memory of all others.
    peer->socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.most));
    peer->socket.set(zmq::sockopt::ipv6, url.host.find(':') != std::string::npos);
    if (options.type == zmq::socket_type::sub) {
      peer->socket.set(zmq::sockopt::subscribe, std::string(url.value("topic").value_or("")));
    }
    if (auto secured = secure(*peer, url, binds); !secured) {
      return tl::unexpected(secured.error());
    }
    if (!binds) {
      if (options.watched) watch(*peer);
      peer->socket.connect(endpoint(url));
      return peer;
    }
    peer->socket.bind(endpoint(url));
    peer->address = url.with_port(port_of(peer->socket.get(zmq::sockopt::last_endpoint)));
    return peer;
  } catch (const zmq::error_t& error) {
    return tl::unexpected(unreachable(url, error.what()));
  }
}

}  // namespace vmtrail
