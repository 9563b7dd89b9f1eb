// SPDX-License-Identifier: Apache-2.0
// amqp:// and amqps:// as a sink: a topic exchange, with publisher confirms.

#pragma once

#include <array>
#include <string_view>

#include "io/sinks.h"

namespace vmtrail {

inline constexpr std::array<std::string_view, 6> kAmqpSinkOptions = {
    "password_file", "heartbeat", "cacert", "cert", "key", "exchange"};

[[nodiscard]] Result<SinkOpener> prepare_amqp_sink(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
