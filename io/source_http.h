// SPDX-License-Identifier: Apache-2.0
// http:// and https:// as a source: what Ceilometer's http publisher posts, and the ZenPack's path.

#pragma once

#include <array>
#include <string_view>

#include "io/sources.h"

namespace vmtrail {

/// Those of the server (kHttpOptions), and how long a request waits for its commit.
inline constexpr std::array<std::string_view, 7> kHttpSourceOptions = {
    "token_file", "cert", "key", "max_body", "connections", "cors", "wait"};

[[nodiscard]] Result<SourceOpener> prepare_http_source(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
