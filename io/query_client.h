// SPDX-License-Identifier: Apache-2.0
// Asking a running program.

#pragma once

#include <functional>

#include "io/url.h"
#include "vmtrail/query.h"

namespace vmtrail {

/// Asks one request and waits for its answer, or for the option `timeout`, in seconds (30). An
/// error that is not the answer's is `unavailable`: nobody answers now, or not to us.
using QueryClient = std::function<Result<Answer>(const Request& request)>;

/// The other end of a listener's URL: http[s]://HOST:PORT [token_file=F] [cacert=F], zmq+tcp:// or
/// zmq+router://HOST:PORT [curve=DIR]. For one thread at a time. Error: wrong_usage; unavailable
/// keys or tokens.
[[nodiscard]] Result<QueryClient> open_query_client(const Url& url);

}  // namespace vmtrail
