// SPDX-License-Identifier: Apache-2.0
// Where questions come in: every kind of listener, by the scheme of its URL.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/http_servers.h"
#include "io/query_desk.h"
#include "io/url.h"
#include "io/watch_desk.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// Takes questions from its construction on. To be destroyed after the keeper has ended.
class Listener {
 public:
  virtual ~Listener() = default;
  /// With the port that was found free.
  [[nodiscard]] virtual std::string address() const = 0;
};

/// What a listener is given; all outlive it.
struct ListenerSetting {
  QueryDesk& desk;
  WatchDesk& watch;
  HttpServers& http;
  bool beyond_loopback = false;  ///< see prepare_listener()
};

using OpenedListener = Result<std::unique_ptr<Listener>>;
/// Opens what a URL asks for. Error: unreadable, of an address that cannot be bound.
using ListenerOpener = std::function<OpenedListener(const ListenerSetting&)>;

/// Is there a kind of listener for the URL, and does it have these options? Error: wrong_usage.
[[nodiscard]] Result<void> check_listener(const Url& url);

/// All that can be known to be wrong before anything is opened. `beyond_loopback`: it may bind
/// other addresses without keys or a token. Errors: those of check_listener(), wrong_usage,
/// unreadable.
[[nodiscard]] Result<ListenerOpener> prepare_listener(const Url& url, bool beyond_loopback);

/// Errors: those of prepare_listener() and of its opener.
[[nodiscard]] OpenedListener open_listener(const Url& url, const ListenerSetting& setting);

// The kinds, each in a file of its own.

/// http[s]://HOST:PORT with the options of kHttpOptions: the paths of query_routes(). Answers are
/// the JSON of the question; errors are problem details (RFC 9457) with `code` and `candidates`.
/// What is watched is server-sent events.
[[nodiscard]] Result<ListenerOpener> prepare_http_listener(const Url& url, bool beyond_loopback);

/// zmq+router://HOST:PORT [curve=DIR] [hwm=N]: the last frame of a message is the request, the
/// answer goes back behind the frames before it, as REQ and DEALER sockets want it. So do the
/// messages of a watch, any number of them.
[[nodiscard]] Result<ListenerOpener> prepare_zmq_listener(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
