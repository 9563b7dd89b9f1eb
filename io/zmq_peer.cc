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

void secure(ZmqPeer& peer, const ZmqAddress& address) {
  if (!address.keys) return;
  peer.socket.set(zmq::sockopt::curve_publickey, address.keys->public_key);
  peer.socket.set(zmq::sockopt::curve_secretkey, address.keys->secret_key);
  if (!address.options.binds) {
    peer.socket.set(zmq::sockopt::curve_serverkey, address.server_key);
    return;
  }
  peer.socket.set(zmq::sockopt::curve_server, true);
  peer.socket.set(zmq::sockopt::zap_domain, "vmtrail");
  // Before the socket binds: where there is nobody to ask, ZeroMQ lets everybody in.
  peer.authenticator.emplace(peer.context, *address.keys);
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

Result<ZmqAddress> ZmqAddress::of(const Url& url, const Options& options) {
  if (url.host.empty() || !url.port) {
    return tl::unexpected(wrong_url(url, "a host and a port are wanted"));
  }
  ZmqAddress address{.url = url, .options = options};
  const auto other = url.flag(options.binds ? "connect" : "bind");
  if (!other) return tl::unexpected(other.error());
  const bool binds = options.binds != *other;
  address.options.binds = binds;
  if (!binds && *url.port == 0) return tl::unexpected(wrong_url(url, "port 0 can only be bound"));
  const auto curve = url.value("curve");
  if (binds && !is_loopback(url.host) && !curve && !options.beyond_loopback) {
    return tl::unexpected(wrong_url(
        url, "would let in anyone; say curve=DIR (vmtrail keygen), or --beyond-loopback"));
  }
  const auto hwm =
      url.number({"hwm", static_cast<std::uint64_t>(options.hwm), 1, 1'000'000, "messages"});
  if (!hwm) return tl::unexpected(hwm.error());
  address.options.hwm = static_cast<int>(*hwm);
  if (!curve) return address;
  auto keys = CurveKeys::read(std::string(*curve));
  if (!keys) return tl::unexpected(keys.error());
  if (!binds) {
    auto server = keys->server_key();
    if (!server) return tl::unexpected(server.error());
    address.server_key = std::move(*server);
  }
  address.keys = std::move(*keys);
  return address;
}

Result<std::unique_ptr<ZmqPeer>> ZmqPeer::open(const ZmqAddress& address) {
  const Url& url = address.url;
  const ZmqAddress::Options& options = address.options;
  auto peer = std::make_unique<ZmqPeer>();
  try {
    peer->socket = zmq::socket_t(peer->context, options.type);
    peer->socket.set(zmq::sockopt::linger, kLinger);
    peer->socket.set(zmq::sockopt::rcvhwm, options.hwm);
    peer->socket.set(zmq::sockopt::sndhwm, options.hwm);
    // Whoever sends more is disconnected: it would take the memory of all others.
    peer->socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.most));
    peer->socket.set(zmq::sockopt::ipv6, url.host.find(':') != std::string::npos);
    if (options.type == zmq::socket_type::sub) {
      peer->socket.set(zmq::sockopt::subscribe, std::string(url.value("topic").value_or("")));
    }
    secure(*peer, address);
    if (!options.binds) {
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

Result<std::unique_ptr<ZmqPeer>> ZmqPeer::open(const Url& url, const ZmqAddress::Options& options) {
  const auto address = ZmqAddress::of(url, options);
  if (!address) return tl::unexpected(address.error());
  return open(*address);
}

}  // namespace vmtrail
