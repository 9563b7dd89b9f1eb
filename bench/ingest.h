// SPDX-License-Identifier: Apache-2.0
// What the comparisons of ingest over ZeroMQ and AMQP share: a receiver that is timed.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "io/source.h"
#include "vmtrail/error.h"

namespace vmtrail::bench {

using Clock = std::chrono::steady_clock;

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}
inline void take(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}

/// Prints how many seconds have passed, and how much CPU time this process took.
void tell(Clock::time_point begun);

/// As `vmtrail serve` does: source, decoder, model, records, and a store in `state` unless it is
/// "-". Takes so many events from the source at `url`, which is `opened` by then, and tells the
/// time from the first of them to the commit of the last.
void receive(std::size_t events, const std::string& state, const std::string& url,
             const std::function<void(const Source&)>& opened);

}  // namespace vmtrail::bench
