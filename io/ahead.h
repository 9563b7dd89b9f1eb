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

/// Decodes frames, all with one decoder, and announces their events some at a time before it tells
/// those that came before them, so that what is fetched for them has come when they are told; on
/// one thread and while all is in its cache. Borrows the consumer and the rules. In steady state it
/// allocates nothing.
class Ahead {
 public:
  Ahead(InputConsumer& consumer, const RuleSet& rules)
      : consumer_(consumer),
        matcher_(rules),
        writer_(matcher_, EventBatch::Texts::in_input,
                [this]() -> EventBatch& { return go_on(); }) {}
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  /// The frame's bytes must stay until tell_all().
  void decode(Decoder& decoder, const Frame& frame) { writer_.decode(decoder, frame); }
  /// See BatchWriter::decode_line(); the window's bytes must stay.
  [[nodiscard]] bool decode_line(Decoder& decoder, Splitter& splitter, std::string_view window) {
    return writer_.decode_line(decoder, splitter, window);
  }
  /// Tells what is left.
  void tell_all();

 private:
  /// Announces the batch that was being filled, tells the one before, which is filled next.
  EventBatch& go_on();

  InputConsumer& consumer_;
  RuleMatcher matcher_;
  BatchWriter writer_;

  std::array<EventBatch, 2> batches_;
  std::size_t filled_ = 0;  // which of them is; the other is announced
};

}  // namespace vmtrail
