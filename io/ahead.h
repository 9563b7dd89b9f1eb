// SPDX-License-Identifier: Apache-2.0
// A few events, decoded before they are told.

#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "io/input_consumer.h"
#include "vmtrail/decoder.h"
#include "vmtrail/event.h"

namespace vmtrail {

/// Decodes frames, and announces their events some at a time before it tells them, on one thread
/// and while all is in its cache. Anything but an event is told at once, with the events before it.
/// Borrows the consumer and the rules. In steady state it allocates nothing.
class Ahead : private EventConsumer {
 public:
  Ahead(InputConsumer& consumer, const RuleSet& rules) : consumer_(consumer), rules_(rules) {}

  /// The frame's bytes must stay until tell().
  void decode(Decoder& decoder, const Frame& frame);
  /// The same for the line at the front of `window`, cut off by `splitter`; false: it takes a
  /// frame. See Decoder::decode_line(); the window's bytes must stay.
  [[nodiscard]] bool decode_line(Decoder& decoder, Splitter& splitter, std::string_view window);
  /// Tells what is left.
  void tell();

 private:
  static constexpr std::size_t kFrames = 2 * InputConsumer::kComing;

  void begin(const Frame& frame);
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override {
    tell();
    consumer_.on_undecodable(bad);
  }
  void on_sample() override {
    tell();
    consumer_.on_sample();
  }
  void on_skipped_line() override {
    tell();
    consumer_.on_skipped_line();
  }

  [[nodiscard]] bool stays(std::string_view text) const;
  void keep_texts(std::size_t place);

  InputConsumer& consumer_;
  const RuleSet& rules_;

  std::string_view bytes_;  // of the frame that is being decoded

  std::array<Event, InputConsumer::kComing> events_;
  std::array<Matched, InputConsumer::kComing> matched_;            // of each event
  std::array<std::vector<Trait>, InputConsumer::kComing> traits_;  // of each event
  std::array<std::string, InputConsumer::kComing> texts_;          // those not in its frame
  std::size_t event_count_ = 0;

  struct Begun {
    Frame frame;
    std::size_t before;  // this event
  };
  std::array<Begun, kFrames> frames_;
  std::size_t frame_count_ = 0;
};

}  // namespace vmtrail
