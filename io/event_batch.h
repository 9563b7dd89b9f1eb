// SPDX-License-Identifier: Apache-2.0
// A few events and what stands between them, decoded before they are told.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/decoders.h"
#include "io/input_consumer.h"
#include "vmtrail/decoder.h"
#include "vmtrail/event.h"

namespace vmtrail {

/// As many events as are announced at once, what they are matched to, and the frames and all else
/// that comes before, between and behind them, in order. What stands in the input is not copied:
/// that must stay until it is told. One thread at a time. Keeps its memory, so that in steady state
/// it allocates nothing.
class EventBatch {
 public:
  [[nodiscard]] bool empty() const { return event_count_ == 0 && mark_count_ == 0; }
  /// Nothing more goes into it.
  [[nodiscard]] bool full() const {
    return event_count_ == InputConsumer::kComing || mark_count_ == kMarks;
  }

  void begin(const Frame& frame);
  /// Room for a frame, which the next event may begin. Not if it is full.
  [[nodiscard]] Frame& frame() { return frames_[event_count_]; }
  /// The one event of the frame in that room.
  inline void add_with_frame(const Event& event, RuleMatcher& matcher);
  /// `input`: the frame's bytes, which are seldom looked at: therefore no copy.
  inline void add(const Event& event, const std::string_view& input, RuleMatcher& matcher);
  void add(const Undecodable& bad, std::string_view input);
  void add_sample() { add(Kind::sample); }
  void add_skipped_line() { add(Kind::skipped_line); }

  void announce(InputConsumer& consumer) const;
  /// It is empty then.
  void tell(InputConsumer& consumer);
  void clear();

 private:
  static constexpr std::size_t kMarks = 2 * InputConsumer::kComing;

  enum class Kind : std::uint8_t { frame, undecodable, sample, skipped_line };
  /// What is no event.
  struct Mark {
    Kind kind;
    std::size_t before;  // this event
    Frame frame;
  };
  struct Bad {
    Undecodable told;
    std::string detail;
    std::optional<std::string> bytes;  // if they are not in the input
  };

  void add(Kind kind) { marks_[mark_count_++] = {kind, event_count_, {}}; }
  void keep_texts(std::size_t place, std::string_view input);

  std::array<Event, InputConsumer::kComing> events_;
  std::array<Matched, InputConsumer::kComing> matched_;            // of each event
  std::array<std::vector<Trait>, InputConsumer::kComing> traits_;  // of each event
  std::array<std::string, InputConsumer::kComing> texts_;          // those not in the input
  std::array<Frame, InputConsumer::kComing> frames_;               // of each event that begins one
  std::uint32_t begins_frame_ = 0;                                 // a bit for each event that does
  std::size_t event_count_ = 0;
  std::array<Mark, kMarks> marks_;
  std::size_t mark_count_ = 0;
  std::vector<Bad> bad_;  // of each mark of its kind
};

/// Decodes frames into batches, and matches their events.
class BatchWriter : private EventConsumer {
 public:
  /// Where what comes next goes: called when there is no batch yet, and when one is full.
  using Next = std::function<EventBatch&()>;
  explicit BatchWriter(Next next) : next_(std::move(next)) {}

  /// The frame's bytes must stay until what is in them is told.
  void decode(MatchingDecoder& decoder, const Frame& frame);
  /// The same for the line at the front of `window`, cut off by `splitter`; false: it takes a
  /// frame. See Decoder::decode_line(); the window's bytes must stay.
  [[nodiscard]] bool decode_line(MatchingDecoder& decoder, Splitter& splitter,
                                 std::string_view window);
  /// What comes next goes into a batch of its own.
  void end() { batch_ = nullptr; }

 private:
  [[nodiscard]] EventBatch& batch() {
    if (batch_ == nullptr || batch_->full()) batch_ = &next_();
    return *batch_;
  }
  void begin(const Frame& frame) {
    bytes_ = frame.bytes;
    batch().begin(frame);
  }
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override { batch().add(bad, bytes_); }
  void on_sample() override { batch().add_sample(); }
  void on_skipped_line() override { batch().add_skipped_line(); }

  const Next next_;

  EventBatch* batch_ = nullptr;
  // Of the frame that is being decoded.
  std::string_view bytes_;
  RuleMatcher* matcher_ = nullptr;
};

}  // namespace vmtrail
