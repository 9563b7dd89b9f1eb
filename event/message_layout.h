// SPDX-License-Identifier: Apache-2.0
// Where in a message values stand, laid out for the quickest walk along it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/block.h"
#include "event/message_value.h"
#include "event/text_pattern.h"

namespace vmtrail {

/// A message as a pattern with places in it, where values stand whose size is not known. It is
/// built from the front to the back.
class MessageLayout {
 public:
  /// A place, and what is known of the pattern before it.
  struct Place {
    std::string_view* to = nullptr;  // where a text goes; never nullptr
    std::uint32_t size = 0;          // of the pattern
    std::uint32_t whole = 0;         // so many of these bytes are whole blocks …
    Block::Bits rest = 0;            // … and these columns of the one behind them
    std::uint32_t captures = 0;      // in the pattern
    Takes takes = Takes::value;
    bool last = false;  // the end of the message, which takes anything
    Wanted wanted{};
  };

  /// A value in a pattern.
  struct Capture {
    std::string_view* to;
    std::size_t offset;  // from the beginning of the pattern
    std::size_t size;
  };

  MessageLayout() = default;
  MessageLayout(const MessageLayout&) = delete;
  MessageLayout& operator=(const MessageLayout&) = delete;

  /// For a message of about so many bytes.
  void clear(std::size_t size);
  /// Adds bytes that are the same in each message. A layout of others than ASCII fits none.
  void add_same(std::string_view bytes);
  /// Adds so many common characters.
  void add_common(std::size_t size) { pattern_.append(size, kAnyCommon); }
  /// What is added next, up to so many bytes, goes there.
  void capture(std::string_view* to, std::size_t size);
  /// Adds a place.
  void add_place(Takes takes, const Wanted& wanted);
  /// Nothing is added any more.
  void finish();

  /// Does the message fit? If so, all its values have gone where they are wanted. kPadding bytes
  /// behind it are readable. It has not been checked to be UTF-8 if it is not ASCII.
  template <class Form>
  [[nodiscard]] bool read(MessageReading& reading, Lanes lanes) const;

 private:
  struct alignas(PatternMatch::kSize) Bytes {
    std::array<char, PatternMatch::kSize> bytes;
  };

  Place& end_pattern();

  std::vector<Bytes> patterns_;  // those before all places, each in blocks of its own
  std::vector<Place> places_;
  std::vector<Capture> captures_;
  std::string_view unread_;  // where texts go that are not read

  std::string pattern_;         // before the next place
  std::uint32_t captured_ = 0;  // in it
  bool ascii_ = true;
};

}  // namespace vmtrail
