// SPDX-License-Identifier: Apache-2.0
// The HTTP servers of a program, by their addresses: sources and listeners may share one.

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/http_server.h"
#include "io/url.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// The options of a URL that names a server.
inline constexpr std::array<std::string_view, 6> kHttpOptions = {
    "token_file", "cert", "key", "max_body", "connections", "cors"};

/// What the server at a URL's address is to be; the files that the URL names are read. Errors:
/// wrong_usage, also for an address beyond loopback without a token_file; unreadable.
[[nodiscard]] Result<HttpServer::Options> http_options(const Url& url, bool beyond_loopback);

/// Do both URLs name the same server, but with other options? Who believes to have asked for a
/// token must not be served without. Error: wrong_usage.
[[nodiscard]] Result<void> check_shared(const Url& url, const Url& first);

/// Belongs to one thread. To be destroyed after everything whose routes its servers have.
class HttpServers {
 public:
  /// The server at the URL's address, which is opened the first time with its http_options(). Port
  /// 0 is a new one each time. Errors: wrong_usage, see check_shared(); unreadable.
  [[nodiscard]] Result<HttpServer*> at(const Url& url, const HttpServer::Options& options);

  /// A route of every server, of those that are opened later, too.
  void add(const HttpRoute& route);

  /// See HttpServer::stop().
  void stop(std::chrono::milliseconds patience);

 private:
  std::vector<HttpRoute> routes_;
  struct Opened {
    Url url;  ///< of the first time
    std::unique_ptr<HttpServer> server;
  };
  std::vector<Opened> servers_;
};

}  // namespace vmtrail
