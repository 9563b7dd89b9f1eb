// SPDX-License-Identifier: Apache-2.0
// amqp:// and amqps:// as a source: a queue of its own, bound to the exchanges of Nova and
// Ceilometer, so that nobody's messages are taken away.

#pragma once

#include <array>
#include <string_view>

#include "io/sources.h"

namespace vmtrail {

inline constexpr std::array<std::string_view, 10> kAmqpSourceOptions = {
    "password_file", "heartbeat", "cacert",     "cert",     "key",
    "queue",         "bind",      "queue_type", "prefetch", "durable"};

[[nodiscard]] Result<SourceOpener> prepare_amqp_source(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
