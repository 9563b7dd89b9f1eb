// SPDX-License-Identifier: Apache-2.0
// A ZeroMQ socket as a URL describes it.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "io/curve_keys.h"
#include "io/url.h"
#include "io/zap.h"
#include "vmtrail/decoder.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// What a URL asks for, with its keys. Options of the URL: `connect`, `bind`, `curve=DIR`
/// (CurveKeys), `hwm=N` messages for each connection, `topic=T` where one subscribes.
struct ZmqAddress {
  struct Options {
    zmq::socket_type type;
    bool binds = true;  ///< unless the URL says otherwise
    bool beyond_loopback = false;
    int hwm = 1000;                          ///< unless the URL says otherwise
    std::size_t most = Splitter::kMaxFrame;  ///< bytes of a frame; who sends more is disconnected
    bool watched = false;                    ///< if it connects: see ZmqPeer::is_connected()
  };
  /// Errors: wrong_usage; unreadable: the keys.
  [[nodiscard]] static Result<ZmqAddress> of(const Url& url, const Options& options);

  Url url;
  Options options;  ///< as they are with what the URL says
  std::optional<CurveKeys> keys{};
  std::string server_key{};  ///< of whom it connects to, if there are keys
};

/// A socket with a context of its own, and so with an I/O thread of its own; bound or connected. As
/// sockets are, it is for one thread at a time.
struct ZmqPeer {
  /// Error: unreadable, of an address that cannot be bound.
  [[nodiscard]] static Result<std::unique_ptr<ZmqPeer>> open(const ZmqAddress& address);
  /// Errors: those of ZmqAddress::of(), too.
  [[nodiscard]] static Result<std::unique_ptr<ZmqPeer>> open(const Url& url,
                                                             const ZmqAddress::Options& options);

  /// Is the other side there? Always true of one that is not watched, or bound.
  [[nodiscard]] bool is_connected();

  zmq::context_t context{1};
  std::optional<Authenticator> authenticator;
  zmq::socket_t socket;
  std::string address;             ///< as bound, with its port; empty: it is connected
  zmq::socket_t coming_and_going;  ///< of the other side, if watched
  bool connected = true;
};

}  // namespace vmtrail
