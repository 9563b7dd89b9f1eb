// SPDX-License-Identifier: Apache-2.0
// The queue that an AMQP source consumes, and what is bound to it.

#pragma once

#include <string>
#include <vector>

#include "io/amqp_connection.h"
#include "io/url.h"
#include "vmtrail/error.h"

namespace vmtrail {

struct AmqpBinding {
  std::string exchange;
  std::string key;
};

/// What is wanted: from the options of a source's URL.
struct AmqpQueue {
  /// Errors: wrong_usage.
  [[nodiscard]] static Result<AmqpQueue> of(const Url& url);

  std::string name;
  bool durable = true;
  bool quorum = false;
  std::uint16_t prefetch = 1000;
  std::vector<AmqpBinding> bindings;
};

/// Makes the queue, unless it is there with the same properties, and consumes it on `channel`.
[[nodiscard]] Result<void> consume(AmqpConnection& connection, amqp_channel_t channel,
                                   const AmqpQueue& queue);

/// Binds what can be bound, again or for the first time, and returns the exchanges that are not
/// there: their services make them, and must find nobody else's. Uses and closes `channel`. Error:
/// of anything else.
[[nodiscard]] Result<std::vector<std::string>> bind(AmqpConnection& connection,
                                                    amqp_channel_t channel, const AmqpQueue& queue);

}  // namespace vmtrail
