// SPDX-License-Identifier: Apache-2.0

#include "io/http_servers.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

Result<HttpServer*> HttpServers::at(const Url& url, bool beyond_loopback) {
  if (!url.port) return tl::unexpected(wrong_url(url, "a port is wanted (0: any that is free)"));
  const std::string address = url.scheme + "://" + url.host + ":" + std::to_string(*url.port);
  if (const auto found = servers_.find(address); found != servers_.end() && *url.port != 0) {
    // Who believes to have asked for a token must not be served without.
    const bool same = std::all_of(kHttpOptions.begin(), kHttpOptions.end(), [&](const auto name) {
      return url.values(name) == found->second.url.values(name);
    });
    if (same) return found->second.server.get();
    return tl::unexpected(wrong_url(url, "shares its address with " + found->second.url.text +
                                             ", whose options are others; give both the same"));
  }
  HttpServer::Options options;
  options.host = url.host;
  options.port = *url.port;
  const bool tls = url.scheme == "https";
  if (tls != (url.has("cert") && url.has("key")) || url.has("cert") != url.has("key")) {
    return tl::unexpected(wrong_url(
        url, tls ? "https wants cert=FILE and key=FILE" : "with cert and key it is https"));
  }
  options.certificate = url.value("cert").value_or("");
  options.key = url.value("key").value_or("");
  if (const auto file = url.value("token_file")) {
    auto access = HttpAccess::read(std::string(*file));
    if (!access) return tl::unexpected(access.error());
    options.access = std::move(*access);
  } else if (!is_loopback(url.host) && !beyond_loopback) {
    return tl::unexpected(wrong_url(url, "beyond loopback a token_file is wanted"));
  }
  options.any_name = !options.access.open_to_all() || beyond_loopback;
  auto cors = HttpCors::of(url.values("cors"));
  if (!cors) return tl::unexpected(wrong_url(url, cors.error().detail));
  options.cors = std::move(*cors);
  const auto body = url.number("max_body", options.most_body);
  if (!body) return tl::unexpected(body.error());
  options.most_body = *body;
  options.most_bodies = std::max(options.most_bodies, 2 * options.most_body);
  const auto connections = url.number("connections", options.most_connections);
  if (!connections) return tl::unexpected(connections.error());
  options.most_connections = *connections;
  auto server = HttpServer::open(std::move(options));
  if (!server) return tl::unexpected(server.error());
  for (const HttpRoute& route : routes_) (*server)->add(route);
  return servers_.emplace(address, Opened{url, std::move(*server)})->second.server.get();
}

void HttpServers::add(const HttpRoute& route) {
  routes_.push_back(route);
  for (const auto& [address, opened] : servers_) opened.server->add(route);
}

void HttpServers::stop(std::chrono::milliseconds patience) {
  for (const auto& [address, opened] : servers_) opened.server->stop(patience);
}

}  // namespace vmtrail
