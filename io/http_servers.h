// SPDX-License-Identifier: Apache-2.0
// The HTTP servers of a program, by their addresses: sources and listeners may share one.

#pragma once

#include <array>
#include <chrono>
#include <map>
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

/// Belongs to one thread. To be destroyed after everything whose routes its servers have.
class HttpServers {
 public:
  /// The server at the URL's address, which is opened the first time. Port 0 is a new one each
  /// time. Errors: wrong_usage, also for an address beyond loopback without a token_file, and for
  /// options that are not those of the first time; unreadable.
  [[nodiscard]] Result<HttpServer*> at(const Url& url, bool beyond_loopback);

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
  std::multimap<std::string, Opened> servers_;
};

}  // namespace vmtrail
