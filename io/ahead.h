// SPDX-License-Identifier: Apache-2.0
// A few events, decoded before they are told.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "io/event_batch.h"
#include "io/input_consumer.h"
#include "vmtrail/decoder.h"

namespace vmtrail {

/// Decodes frames, and announces their events some at a time before it tells
/// those that came before them, so that what is fetched for them has come when they are told; on
/// one thread and while all is in its cache. Borrows the consumer. In steady state it
/// allocates nothing.
class Ahead {
 public:
  explicit Ahead(InputConsumer& consumer)
      : consumer_(consumer), writer_([this]() -> EventBatch& { return go_on(); }) {}
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  /// The frame's bytes must stay until tell_all().
  void decode(MatchingDecoder& decoder, const Frame& frame) { writer_.decode(decoder, frame); }
  /// See BatchWriter::decode_line(); the window's bytes must stay.
  [[nodiscard]] bool decode_line(MatchingDecoder& decoder, Splitter& splitter,
                                 std::string_view window) {
    return writer_.decode_line(decoder, splitter, window);
  }
  /// Tells what is left.
  void tell_all();

 private:
  /// Announces the batch that was being filled, tells the one before, which is filled next.
  EventBatch& go_on();

  InputConsumer& consumer_;
  BatchWriter writer_;

  std::array<EventBatch, 2> batches_;
  std::size_t filled_ = 0;  // which of them is; the other is announced
};

}  // namespace vmtrail
