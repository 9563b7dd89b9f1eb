// SPDX-License-Identifier: Apache-2.0
// Questions as paths of HTTP, one row each.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vmtrail/query.h"

namespace vmtrail {

struct QueryRoute {
  std::string_view path;    ///< `*`: the value of the option
  std::string_view op;      ///< of the request
  std::string_view option;  ///< empty: the path has none
};

[[nodiscard]] std::span<const QueryRoute> query_routes();

/// What a path that fits the route, and what is behind its `?`, ask. Error: wrong_usage.
[[nodiscard]] Result<Request> request_of(const QueryRoute& route, std::string_view path,
                                         std::string_view query);

/// The other way round: path and query of a request. Error: wrong_usage, there is no path for it.
[[nodiscard]] Result<std::string> target_of(const Request& request);

}  // namespace vmtrail
