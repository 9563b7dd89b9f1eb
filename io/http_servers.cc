// SPDX-License-Identifier: Apache-2.0

#include "io/http_servers.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

namespace {

// Of a server; empty: of none, or of a new one each time.
std::string address_of(const Url& url) {
  const bool http = url.scheme == "http" || url.scheme == "https";
  if (!http || url.port.value_or(0) == 0) return {};
  return url.scheme + "://" + url.host + ":" + std::to_string(*url.port);
}

}  // namespace

Result<HttpServer::Options> http_options(const Url& url, bool beyond_loopback) {
  if (!url.port) return tl::unexpected(wrong_url(url, "a port is wanted (0: any that is free)"));
  HttpServer::Options options;
  options.host = url.host;
  options.port = *url.port;
  const bool tls = url.scheme == "https";
  if (tls != (url.has("cert") && url.has("key")) || url.has("cert") != url.has("key")) {
    return tl::unexpected(wrong_url(
        url, tls ? "https wants cert=FILE and key=FILE" : "with cert and key it is https"));
  }
  for (const auto& [option, file] :
       {std::pair{"cert", &options.certificate}, {"key", &options.key}}) {
    auto named = url.file(option);
    if (!named) return tl::unexpected(named.error());
    *file = std::move(*named);
  }
  if (auto read = HttpServer::check_files(options); !read) return tl::unexpected(read.error());
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
  const auto body = url.number({"max_body", options.most_body, 1, 1'000'000'000, "bytes"});
  if (!body) return tl::unexpected(body.error());
  options.most_body = *body;
  options.most_bodies = std::max(options.most_bodies, 2 * options.most_body);
  const auto connections =
      url.number({"connections", options.most_connections, 1, 1'000'000, "at once"});
  if (!connections) return tl::unexpected(connections.error());
  options.most_connections = *connections;
  return options;
}

Result<void> check_shared(const Url& url, const Url& first) {
  const std::string address = address_of(url);
  if (address.empty() || address != address_of(first)) return {};
  const bool same = std::all_of(kHttpOptions.begin(), kHttpOptions.end(), [&](const auto name) {
    return url.values(name) == first.values(name);
  });
  if (same) return {};
  return tl::unexpected(wrong_url(url, "shares its address with " + first.text +
                                           ", whose options are others; give both the same"));
}

Result<HttpServer*> HttpServers::at(const Url& url, const HttpServer::Options& options) {
  for (const Opened& opened : servers_) {
    if (auto right = check_shared(url, opened.url); !right) return tl::unexpected(right.error());
    const std::string address = address_of(url);
    if (!address.empty() && address == address_of(opened.url)) return opened.server.get();
  }
  auto server = HttpServer::open(options);
  if (!server) return tl::unexpected(server.error());
  for (const HttpRoute& route : routes_) (*server)->add(route);
  servers_.push_back({url, std::move(*server)});
  return servers_.back().server.get();
}

void HttpServers::add(const HttpRoute& route) {
  routes_.push_back(route);
  for (const Opened& opened : servers_) opened.server->add(route);
}

void HttpServers::stop(std::chrono::milliseconds patience) {
  for (const Opened& opened : servers_) opened.server->stop(patience);
}

}  // namespace vmtrail
