// SPDX-License-Identifier: Apache-2.0
// What one thread has decoded, for another to tell.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "io/decoders.h"
#include "io/far_bytes.h"
#include "io/input_consumer.h"
#include "vmtrail/decoder.h"
#include "vmtrail/event.h"

namespace vmtrail {

/// Frames and what is in them, in order. A value: written in one thread (DecodedWriter) and told in
/// another (DecodedReader), one thread at a time. Keeps its memory, so that in steady state it
/// allocates nothing.
class Decoded {
 public:
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  /// Something in a frame may be quarantined with the frame's bytes: they must stay until it is
  /// told. Otherwise they are not touched any more.
  [[nodiscard]] bool needs_frames() const { return needs_frames_; }
  void clear() {
    bytes_.clear();
    needs_frames_ = false;
  }

 private:
  friend class DecodedWriter;
  friend class DecodedReader;

  enum class Kind : std::uint8_t { frame, event, undecodable, sample, skipped_line };
  // The texts of an event: message_id, event_type and its fields; first those that every event is
  // asked for, then those that few are.
  static constexpr std::size_t kTexts = 2 + kFieldCount;
  static constexpr std::size_t kSeldomTexts = 7;
  enum Flag : std::uint8_t {
    begins_frame = 1,  // which begins so much behind the one before
    in_frame = 2,      // the seldom texts stand in the frame, which stays
    message_is_uuid = 4,
    request_is_uuid = 8,
    request_is_prefixed = 16,
    has_instance = 32,
  };
  // Precedes the texts that do not stand in the frame.
  struct EventHead {
    Kind kind;
    std::uint8_t flags;
    std::uint32_t traits;  // so many follow, see TraitHead
    std::uint32_t told;    // a bit for each of the texts
    std::uint32_t frame_step;
    std::uint32_t frame_size;
    std::uint32_t frame_lines;
    Time generated;
    // What it was matched to, but for ids that are no UUIDs.
    const Rule* rule;
    CompactText::Uuid message;
    CompactText::Uuid request;
    InstanceId instance;
    std::array<std::uint16_t, kTexts> sizes;
    std::array<std::uint16_t, kSeldomTexts> places;  // in the frame
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

  FarBytes bytes_;
  bool needs_frames_ = false;
};

/// Decodes frames. What another core has written comes line by line, each as slowly as a part of an
/// event is decoded: it is compact.
class DecodedWriter : private EventConsumer {
 public:
  /// What becomes of the frames' bytes.
  enum class Frames : std::uint8_t {
    stay,  ///< until all is told
    go,    ///< but for Decoded::needs_frames()
  };
  /// What is decoded until finish() goes into `to`, which stays where it is meanwhile and is
  /// emptied first. `near`: it is told on this thread.
  void begin(Decoded& to, Frames frames, bool near);
  /// Decodes a frame, which is to be padded, and matches its events.
  void decode(MatchingDecoder& decoder, const Frame& frame);
  void finish() { bytes_.finish(); }
  /// Bytes so far.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override { put(Decoded::Kind::sample); }
  void on_skipped_line() override { put(Decoded::Kind::skipped_line); }

  [[nodiscard]] bool in_frame(std::string_view text) const;
  [[nodiscard]] bool follows_last() const;
  void begin_frame();
  [[nodiscard]] char* put_text(char* to, std::string_view text) const;
  void put(Decoded::Kind kind);

  Decoded* to_ = nullptr;
  FarWriter bytes_;
  Frames frames_{};
  Frame frame_;           // that is being decoded
  bool pending_ = false;  // it is not written yet
  Frame last_;            // the one that was written before
  RuleMatcher* matcher_ = nullptr;
};

/// Tells what was decoded. Keeps memory from one to the next.
class DecodedReader {
 public:
  void tell(const Decoded& decoded, InputConsumer& consumer);

 private:
  /// The events that are announced together.
  struct Coming {
    std::size_t count = 0;
    std::array<Event, InputConsumer::kComing> events;
    std::array<Matched, InputConsumer::kComing> matched;
    std::array<std::vector<Trait>, InputConsumer::kComing> traits;
    std::array<Frame, InputConsumer::kComing> frames;  // of each event that begins one
    std::array<const char*, InputConsumer::kComing> behind{};
  };

  [[nodiscard]] const char* announce(const char* at, const FarBytes& bytes, Coming& coming,
                                     InputConsumer& consumer);
  [[nodiscard]] const char* read_event(const char* at, Coming& coming);
  [[nodiscard]] static const char* read_undecodable(const char* at, Undecodable& bad);
  static void tell(const char* at, const char* end, const Coming& coming, InputConsumer& consumer);

  std::array<Coming, 2> coming_;  // one is told while the other is announced
  Frame frame_;                   // the last that was read
};

}  // namespace vmtrail
