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
/// that comes before, between and behind them, in order. What stands in the input need not be
/// copied: that must stay until it is told. Can be filled in one thread and told in another, one at
/// a time. Keeps its memory, so that in steady state it allocates nothing.
class EventBatch {
 public:
  [[nodiscard]] bool empty() const { return event_count_ == 0 && mark_count_ == 0; }
  /// Nothing more goes into it.
  [[nodiscard]] bool full() const {
    return event_count_ == InputConsumer::kComing || mark_count_ == kMarks;
  }

  /// Where texts that stand in the input are told from. Gathered, those that every consumer reads
  /// stand side by side: what another core has written comes in lines, and quicker in their order.
  enum class Texts : std::uint8_t { in_input, gathered };

  void begin(const Frame& frame);
  /// A frame that holds one event.
  inline void add(const Frame& frame, const Event& event, RuleMatcher& matcher, Texts texts);
  /// `input`: the frame's bytes.
  inline void add(const Event& event, std::string_view input, RuleMatcher& matcher, Texts texts);
  void add(const Undecodable& bad, std::string_view input);
  void add_sample() { add(Kind::sample); }
  void add_skipped_line() { add(Kind::skipped_line); }

  void announce(InputConsumer& consumer) const;
  /// It is empty then.
  void tell(InputConsumer& consumer) { tell(consumer, nullptr, nullptr); }
  /// The same of one that another thread has filled; what that wrote comes from its core, so it is
  /// asked for long before it is read: the text of `next`, and what else there is of `after`.
  /// Either may be null.
  void tell(InputConsumer& consumer, const EventBatch* next, const EventBatch* after);
  void clear();

 private:
  static constexpr std::size_t kMarks = 2 * InputConsumer::kComing;
  static constexpr std::size_t kGathered = 256 * InputConsumer::kComing;  // bytes; most need less

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

  void fetch(std::size_t place) const;
  void fetch_text(std::size_t place) const;
  void add(Kind kind) { marks_[mark_count_++] = {kind, event_count_, {}}; }
  void keep_texts(std::size_t place, std::string_view input);
  void gather(Event& event);
  void gather(std::string_view& text);

  std::array<Event, InputConsumer::kComing> events_;
  std::array<Matched, InputConsumer::kComing> matched_;            // of each event
  std::array<std::vector<Trait>, InputConsumer::kComing> traits_;  // of each event
  std::array<std::string, InputConsumer::kComing> texts_;          // those not in the input
  std::array<char, kGathered> gathered_;
  std::size_t gathered_size_ = 0;
  std::array<Frame, InputConsumer::kComing> frames_;  // of each event that begins one
  std::uint32_t begins_frame_ = 0;                    // a bit for each event that does
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
  BatchWriter(EventBatch::Texts texts, Next next) : texts_(texts), next_(std::move(next)) {}

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

  const EventBatch::Texts texts_;
  const Next next_;

  EventBatch* batch_ = nullptr;
  // Of the frame that is being decoded.
  std::string_view bytes_;
  RuleMatcher* matcher_ = nullptr;
};

}  // namespace vmtrail
