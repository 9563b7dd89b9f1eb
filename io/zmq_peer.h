// SPDX-License-Identifier: Apache-2.0
// A ZeroMQ socket as a URL describes it.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "io/url.h"
#include "io/zap.h"
#include "vmtrail/decoder.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// A socket with a context of its own, and so with an I/O thread of its own; bound or connected.
/// Options of the URL: `connect`, `bind`, `curve=DIR` (CurveKeys), `hwm=N` messages for each
/// connection. As sockets are, it is for one thread at a time.
struct ZmqPeer {
  struct Options {
    zmq::socket_type type;
    bool binds = true;  ///< unless the URL says otherwise
    bool beyond_loopback = false;
    int hwm = 1000;
    std::size_t most = Splitter::kMaxFrame;  ///< bytes of a frame; who sends more is disconnected
    bool watched = false;                    ///< if it connects: see is_connected()
  };
  /// Errors: wrong_usage; unreadable: the address cannot be bound, or the keys cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<ZmqPeer>> open(const Url& url, Options options);

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
