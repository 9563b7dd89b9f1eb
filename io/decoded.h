// SPDX-License-Identifier: Apache-2.0
// What one thread has decoded, for another to tell.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "io/input_consumer.h"
#include "vmtrail/decoder.h"
#include "vmtrail/event.h"

namespace vmtrail {

/// Frames and what is in them, in order. A value: written in one thread (DecodedWriter) and told in
/// another (DecodedReader), one thread at a time. Keeps its memory, so that in steady state it
/// allocates nothing.
class Decoded {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return size_; }
  /// Something in a frame may be quarantined with the frame's bytes: they must stay until it is
  /// told. Otherwise they are not touched any more.
  [[nodiscard]] bool needs_frames() const { return needs_frames_; }
  void clear();

 private:
  friend class DecodedWriter;
  friend class DecodedReader;

  enum class Kind : std::uint8_t { frame, event, undecodable, sample, skipped_line };
  // What precedes the text of an event: message_id, event_type and its fields.
  static constexpr std::size_t kTexts = 2 + kFieldCount;
  using Sizes = std::array<std::uint16_t, kTexts>;
  struct EventHead {
    Kind kind;
    std::uint32_t told;    // a bit for each of the texts
    std::uint32_t traits;  // so many follow, see TraitHead
    Time generated;
    // What it was matched to, but for ids that are no UUIDs.
    const Rule* rule;
    std::optional<CompactText::Uuid> message;
    std::optional<CompactText::Uuid> request;
    std::optional<InstanceId> instance;
    bool prefixed;  // the request
  };
  struct TraitHead {
    std::uint32_t name;
    std::uint32_t value;
    bool told;
  };
  struct UndecodableHead {
    Kind kind;
    bool bytes_follow;  // else they stand in the frame
    Undecodable bad;
  };
  struct FrameHead {
    Kind kind;
    Frame frame;
  };
  static constexpr std::size_t kLine = 64;  // of a cache
  struct alignas(kLine) Line {
    std::array<char, kLine> bytes;
  };

  std::vector<Line> lines_;  // of which the first size_ bytes are written
  std::size_t size_ = 0;
  bool needs_frames_ = false;
};

/// Decodes frames. The text of events is copied, and all of it is written past the caches: where
/// two cores share none, to write what the other one has read costs ten times as much as to write
/// to memory, and to share the frames' bytes would cost more than to decode them.
class DecodedWriter : private EventConsumer {
 public:
  /// What is decoded until finish() goes into `to`, which stays where it is meanwhile and is
  /// emptied first.
  void begin(Decoded& to);
  /// Decodes a frame, which is to be padded, and matches its events. See Decoded::needs_frames()
  /// for how long its bytes must stay.
  void decode(Decoder& decoder, const RuleSet& rules, const Frame& frame);
  void finish();

 private:
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override { put(Decoded::Kind::sample); }
  void on_skipped_line() override { put(Decoded::Kind::skipped_line); }

  [[nodiscard]] bool in_frame(std::string_view text) const;
  [[nodiscard]] char* room(std::size_t size);
  void put(Decoded::Kind kind);
  void written_to(const char* end);
  void write_out();

  // Of the frame that is being decoded.
  std::string_view frame_;
  const RuleSet* rules_ = nullptr;

  Decoded* to_ = nullptr;
  std::vector<Decoded::Line> staged_;  // what comes next, of which so many bytes are written
  std::size_t staged_size_ = 0;
};

/// Tells what was decoded. Keeps memory from one to the next.
class DecodedReader {
 public:
  void tell(const Decoded& decoded, InputConsumer& consumer);

 private:
  [[nodiscard]] const char* read_coming(const char* at, const char* end);
  [[nodiscard]] static const char* read_event(const char* at, Event& event, Matched& matched,
                                              std::vector<Trait>& traits);
  [[nodiscard]] static const char* read_undecodable(const char* at, Undecodable& bad);
  static void fetch_far(const char* at, const char* to, const char* end);

  // The events that are announced, what they are matched to, their traits, and where each ends.
  std::array<Event, InputConsumer::kComing> coming_;
  std::array<Matched, InputConsumer::kComing> matched_;
  std::array<std::vector<Trait>, InputConsumer::kComing> traits_;
  std::array<const char*, InputConsumer::kComing> behind_{};
  std::size_t coming_count_ = 0;
};

}  // namespace vmtrail
