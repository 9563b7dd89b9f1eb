// SPDX-License-Identifier: Apache-2.0
// What every HTTP server of the daemon answers: is it alive, does it work, how much does it do.

#pragma once

#include <functional>
#include <string>

#include "io/http_servers.h"
#include "io/intake.h"

namespace vmtrail {

/// /healthz: the program answers. /readyz: what is acknowledged is kept; 503 while the state cannot
/// be written. /metrics: for Prometheus, for who has the token. `metrics` is called by the servers'
/// threads. What is borrowed outlives the servers.
void add_health(HttpServers& servers, Intake& intake, std::function<std::string()> metrics);

}  // namespace vmtrail
