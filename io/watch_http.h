// SPDX-License-Identifier: Apache-2.0
// Watching over HTTP: server-sent events.

#pragma once

#include "io/http.h"
#include "io/watch_desk.h"
#include "vmtrail/error.h"
#include "vmtrail/query.h"

namespace vmtrail {

/// The stream that a request for `watch` is answered with; `last_event_id` is what the client has
/// seen, and beats `since`. The desk outlives the server. Errors: wrong_usage; unavailable, there
/// are too many already.
[[nodiscard]] Result<HttpAnswer> watch_over_http(WatchDesk& desk, Request request,
                                                 const std::string& last_event_id);

}  // namespace vmtrail
