// SPDX-License-Identifier: Apache-2.0
// Watching over ZeroMQ: messages of a ROUTER socket, each behind the frames of who asked.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "io/watch_desk.h"
#include "vmtrail/error.h"
#include "vmtrail/query.h"

namespace vmtrail {

using ZmqFrames = std::vector<zmq::message_t>;

enum class ZmqSent : std::uint8_t { whole, full, gone };
/// Never waits. The socket has ZMQ_ROUTER_MANDATORY, and so tells who has gone, and who takes no
/// more. Throws zmq::error_t of the socket itself.
[[nodiscard]] ZmqSent send_to_peer(zmq::socket_t& socket, ZmqFrames frames);

/// The watchers of one socket, by the frames that their messages go behind. Of the thread that has
/// the socket.
class ZmqWatchers {
 public:
  /// `wake` has the thread call send() soon; it may be called from any thread and at any time.
  ZmqWatchers(WatchDesk& desk, std::function<void()> wake);
  ~ZmqWatchers();
  ZmqWatchers(const ZmqWatchers&) = delete;
  ZmqWatchers& operator=(const ZmqWatchers&) = delete;

  /// `watch`. Errors: wrong_usage, also if there is a watch behind these frames already;
  /// unavailable, there are too many.
  [[nodiscard]] Result<void> begin(const ZmqFrames& envelope, const Request& request);
  /// `unwatch`. Error: wrong_usage, there is none.
  [[nodiscard]] Result<void> end(const ZmqFrames& envelope);

  /// Sends what there is. true: somebody takes no more now; it is to be tried again soon.
  bool send(zmq::socket_t& socket);

 private:
  class Lane;
  class Outlet;

  WatchDesk& desk_;
  const std::function<void()> wake_;
  std::map<std::string, std::shared_ptr<Lane>> lanes_;  // by the bytes of their frames
};

}  // namespace vmtrail
