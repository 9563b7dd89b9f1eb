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

/// Decodes frames, and announces their events some at a time before it tells those that came before
/// them, so that what is fetched for them has come when they are told; on one thread and while all
/// is in its cache. Anything but an event is told at once, with the events before it. Borrows the
/// consumer and the rules. In steady state it allocates nothing.
class Ahead : private EventConsumer {
 public:
  Ahead(InputConsumer& consumer, const RuleSet& rules) : consumer_(consumer), rules_(rules) {}

  /// The frame's bytes must stay until tell_all().
  void decode(Decoder& decoder, const Frame& frame);
  /// The same for the line at the front of `window`, cut off by `splitter`; false: it takes a
  /// frame. See Decoder::decode_line(); the window's bytes must stay.
  [[nodiscard]] bool decode_line(Decoder& decoder, Splitter& splitter, std::string_view window);
  /// Tells what is left.
  void tell_all();

 private:
  static constexpr std::size_t kFrames = 2 * InputConsumer::kComing;

  struct Begun {
    Frame frame;
    std::size_t before;  // this event
  };
  /// Events that are announced at once, and the frames that they stand in.
  struct Batch {
    std::array<Event, InputConsumer::kComing> events;
    std::array<Matched, InputConsumer::kComing> matched;            // of each event
    std::array<std::vector<Trait>, InputConsumer::kComing> traits;  // of each event
    std::array<std::string, InputConsumer::kComing> texts;          // those not in its frame
    std::size_t event_count = 0;
    std::array<Begun, kFrames> frames;
    std::size_t frame_count = 0;
  };

  void begin(const Frame& frame);
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override {
    tell_all();
    consumer_.on_undecodable(bad);
  }
  void on_sample() override {
    tell_all();
    consumer_.on_sample();
  }
  void on_skipped_line() override {
    tell_all();
    consumer_.on_skipped_line();
  }

  /// Announces the batch that is being filled, tells the one before, and begins another.
  void go_on();
  void tell(Batch& batch);
  [[nodiscard]] bool stays(std::string_view text) const;
  void keep_texts(Batch& batch, std::size_t place) const;

  InputConsumer& consumer_;
  const RuleSet& rules_;

  std::string_view bytes_;  // of the frame that is being decoded

  std::array<Batch, 2> batches_;
  std::size_t filled_ = 0;  // which of them is; the other is announced
};

}  // namespace vmtrail
