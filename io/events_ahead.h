// SPDX-License-Identifier: Apache-2.0
// Decoding a few events ahead of those that are told, on one thread.

#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <string>

#include "io/input_consumer.h"
#include "vmtrail/decoder.h"

namespace vmtrail {

/// Keeps events until there are as many as are announced at once; everything else is told when it
/// is found, behind them. Text in the frames stays there: these must stay until tell(). Not
/// thread-safe.
class EventsAhead : private EventConsumer {
 public:
  /// Borrows both.
  EventsAhead(Decoder& decoder, InputConsumer& consumer) : decoder_(decoder), consumer_(consumer) {}

  /// Takes a frame that is padded.
  void decode(const Frame& frame);
  /// Tells what is kept.
  void tell();

 private:
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override;
  void on_skipped_line() override;

  void begin_frame();
  void keep(std::string_view& text);

  Decoder& decoder_;
  InputConsumer& consumer_;

  Frame frame_;            // the one that is being decoded
  bool announced_ = true;  // that is, told or kept with an event
  std::array<Event, kEventsComing> events_;
  std::array<Frame, kEventsComing> frames_;  // of those that begin one
  std::array<bool, kEventsComing> begins_{};
  std::size_t count_ = 0;
  std::deque<std::string> texts_;  // that stand in no frame; addresses stay
  std::size_t texts_used_ = 0;
};

}  // namespace vmtrail
