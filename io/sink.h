// SPDX-License-Identifier: Apache-2.0
// A sink: where change records go.

#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "vmtrail/error.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// A record in the form that the sink was configured with.
struct OutgoingRecord {
  Sequence sequence;
  std::string_view type;  ///< "instance.moved"
  std::string_view text;  ///< one JSON object, without a line end
};

/// Delivers records to one receiver. Used by one thread, that of its SinkFeed; opens what it needs
/// when it first sends, and again after a failure, so that a receiver that is away at the start
/// keeps nothing else from working.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Returns once the receiver has these records for good, as far as its protocol can tell. Waits
  /// for the receiver, but not after it is asked to stop. Error: some may not have been delivered;
  /// the same records come again later. One line, without secrets.
  [[nodiscard]] virtual Result<void> send(std::span<const OutgoingRecord> records,
                                          const std::stop_token& stop) = 0;

  /// Called every second while there is nothing to send, from the same thread; waits for nothing.
  virtual void stay() {}

  /// The URL at which it listens, with the port that was found free; empty: it listens nowhere.
  [[nodiscard]] virtual std::string address() const { return {}; }
};

}  // namespace vmtrail
