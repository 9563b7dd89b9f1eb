// SPDX-License-Identifier: Apache-2.0

#include "io/query_routes.h"

#include <algorithm>
#include <array>
#include <utility>

#include <simdjson.h>

#include "io/url.h"

namespace vmtrail {

namespace {

// Of an op with several rows the first whose option is given is the request's.
constexpr auto kRoutes = std::to_array<QueryRoute>({
    {"/v1/instances", "instances", ""},
    {"/v1/instances/*", "where", "instance"},
    {"/v1/instances/*/history", "history", "instance"},
    {"/v1/instances/*/explain", "explain", "instance"},
    {"/v1/instances/*/together", "together", "instance"},
    {"/v1/hosts", "hosts", ""},
    {"/v1/hosts/*", "host", "host"},
    {"/v1/hosts/*/history", "history", "host"},
    {"/v1/hosts/*/drain", "drain", "host"},
    {"/v1/hosts/*/impact", "impact", "host"},
    {"/v1/migrations", "migrations", ""},
    {"/v1/changes", "changes", ""},
    {"/v1/watch", "watch", ""},
    {"/v1/reports/*", "report", "report"},
    {"/v1/stats", "stats", ""},
    {"/v1/doctor", "doctor", ""},
});

tl::unexpected<Error> wrong(std::string detail) {
  return tl::unexpected(Error{ErrorCode::wrong_usage, std::move(detail)});
}

// Answers repeat what was asked, and are JSON.
Result<std::string> decoded(std::string_view text) {
  auto value = unescaped(text);
  if (!value) return wrong("'%' wants two hexadecimal digits");
  if (!simdjson::validate_utf8(*value)) return wrong("what is escaped is not UTF-8");
  return std::move(*value);
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  // A segment of dots alone would mean another path.
  const bool dots = text.find_first_not_of('.') == std::string_view::npos;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || (c == '.' && !dots)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return result;
}

}  // namespace

std::span<const QueryRoute> query_routes() {
  return kRoutes;
}

Result<Request> request_of(const QueryRoute& route, std::string_view path, std::string_view query) {
  Request request{std::string(route.op), {}};
  const auto add = [&](std::string_view name, std::string value) -> Result<void> {
    const bool twice = std::any_of(request.options.begin(), request.options.end(),
                                   [&](const auto& option) { return option.first == name; });
    if (twice) return wrong("'" + std::string(name) + "' is given twice");
    request.options.emplace_back(name, std::move(value));
    return {};
  };
  if (!route.option.empty()) {
    path.remove_prefix(route.path.find('*'));
    auto value = decoded(path.substr(0, path.find('/')));
    if (!value) return tl::unexpected(value.error());
    request.options.emplace_back(route.option, std::move(*value));
  }
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    std::string text(equals < one.size() ? one.substr(equals + 1) : "true");  // a flag
    std::replace(text.begin(), text.end(), '+', ' ');
    auto name = decoded(one.substr(0, equals));
    auto value = decoded(text);
    if (!name) return tl::unexpected(name.error());
    if (!value) return tl::unexpected(value.error());
    if (auto added = add(*name, std::move(*value)); !added) return tl::unexpected(added.error());
  }
  return request;
}

Result<std::string> target_of(const Request& request) {
  const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const QueryRoute& one) {
    return one.op == request.op && (one.option.empty() || request.find(one.option) != nullptr);
  });
  if (route == kRoutes.end()) return wrong("'" + request.op + "' wants an argument");
  std::string target(route->path);
  if (!route->option.empty()) {
    target.replace(target.find('*'), 1, escaped(*request.find(route->option)));
  }
  char mark = '?';
  for (const auto& [name, value] : request.options) {
    if (name == route->option) continue;
    target += std::exchange(mark, '&') + escaped(name) + "=" + escaped(value);
  }
  return target;
}

}  // namespace vmtrail
