// SPDX-License-Identifier: Apache-2.0
// Sinks on ZeroMQ sockets.

#pragma once

#include "io/sinks.h"

namespace vmtrail {

// A record is a message of three frames: its type ("instance.moved"), to which a subscriber can
// subscribe; its sequence in decimal; the record.

/// zmq+pub://HOST:PORT [connect] [curve=DIR] [hwm=N]. Who does not keep up loses records, and sees
/// it by the sequence if it has subscribed to all.
[[nodiscard]] Result<SinkOpener> prepare_zmq_pub(const Url& url, bool beyond_loopback);

/// zmq+push://HOST:PORT [bind] [curve=DIR] [hwm=N]. Waits while nobody pulls.
[[nodiscard]] Result<SinkOpener> prepare_zmq_push(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
