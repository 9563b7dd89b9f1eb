// SPDX-License-Identifier: Apache-2.0
// Sources on ZeroMQ sockets.

#pragma once

#include "io/sources.h"

namespace vmtrail {

// Each frame holds one event, a list, or an oslo.messaging body; a message has any number of
// frames. The first of several is a topic if it has none of the characters `{[<`. These sockets
// know no acknowledgement: what stands in their queues when the program ends at once is gone.

/// zmq+pull://HOST:PORT [connect] [curve=DIR] [hwm=N]. At the high-water mark the pushing side
/// waits.
[[nodiscard]] Result<SourceOpener> prepare_zmq_pull(const Url& url, bool beyond_loopback);

/// zmq+sub://HOST:PORT [bind] [topic=T] [curve=DIR] [hwm=N]. At the high-water mark the publisher
/// drops what this one would get.
[[nodiscard]] Result<SourceOpener> prepare_zmq_sub(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
