// SPDX-License-Identifier: Apache-2.0
// What the connections of an HTTP server have in common.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "io/http.h"
#include "io/http_server.h"

namespace vmtrail {

/// Something that can be closed from another thread.
class HttpClosable {
 public:
  virtual ~HttpClosable() = default;
  /// At once, if it waits for a request; else after the answer.
  virtual void close_when_idle() = 0;
  virtual void close() = 0;
};

/// Outlives its connections.
struct HttpListener {
  explicit HttpListener(HttpServer::Options chosen) : options(std::move(chosen)) {}

  struct Match {
    std::shared_ptr<const HttpRoute> route;  ///< null: there is none
    std::string allow;                       ///< methods of routes with this path; empty: no route
  };
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

  const HttpServer::Options options;
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> bodies = 0;  ///< bytes set aside for those that are being read

  mutable std::shared_mutex mutex;
  // Guarded by it.
  std::vector<std::shared_ptr<const HttpRoute>> routes;
  std::set<HttpClosable*> connections;
};

/// Serves what comes over a socket until it is closed; keeps itself alive.
void serve_http(boost::asio::ip::tcp::socket socket, HttpListener& listener);
/// The same behind TLS; the context outlives it.
void serve_https(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls,
                 HttpListener& listener);

}  // namespace vmtrail
