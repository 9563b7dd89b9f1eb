// SPDX-License-Identifier: Apache-2.0
// http:// and https:// as a sink: POST of CloudEvents.

#pragma once

#include <array>
#include <string_view>

#include "io/sinks.h"

namespace vmtrail {

inline constexpr std::array<std::string_view, 4> kHttpSinkOptions = {"batch", "token_file",
                                                                     "cacert", "timeout"};

[[nodiscard]] Result<SinkOpener> prepare_http_sink(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
