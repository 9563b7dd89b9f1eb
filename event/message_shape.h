// SPDX-License-Identifier: Apache-2.0
// What a message had in common with those before it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/block.h"
#include "event/json_text.h"
#include "event/scanning.h"

namespace vmtrail {

inline constexpr char kNull[] = "";
/// An empty text that no message holds.
inline constexpr std::string_view kNullText{kNull, 0};

/// A value of a message whose text has been checked.
struct Part {
  /// What may stand in its place in other messages of the same shape; each allows more.
  enum class Takes : std::uint8_t {
    same,    ///< the very same bytes
    text,    ///< any string
    scalar,  ///< any string, number, truth value or null
    value,   ///< anything
  };

  JsonKind kind;
  Takes takes = Takes::same;
  bool fixed = false;       ///< nothing of another kind can stand there, of a scalar nothing else
  bool only_text = false;   ///< nor a number or truth value
  bool null_tells = false;  ///< null is told as an empty text
  std::string_view* to = nullptr;  ///< where the value goes; nullptr: it is not read
  std::size_t begin = 0;           ///< with its quotes or brackets
  std::size_t end = 0;
  std::size_t next = 0;  ///< the number of the part behind it and those within it
};

/// A message cut into its values, each before those within it; the first is the whole text.
struct Parts {
  std::string text;
  std::vector<Part> all;
  std::size_t quote = 1;  ///< the bytes of a quote
};

/// The text of a checked message with places for values. Whatever has other values in these places
/// and the same bytes elsewhere is as well-formed as that message was, has the same keys, and means
/// the same by them. Every other message of the shape widens it where it differs.
class MessageShape {
 public:
  /// What is known of a text that is being compared. The walk begins at `at`.
  struct Reading {
    const char* at;
    const char* end;
    std::string& unescaped;  ///< for texts with escapes; has room for all of them
    bool ascii = true;
  };

  /// A place, and the bytes before it.
  struct Place {
    const char* bytes;  // aligned to kAlign; so many more as fill the last block are readable
    std::ptrdiff_t size;
    Part::Takes takes;
    bool last = false;  // the end of the text
    bool only_text = false;
    bool null_tells = false;
    bool unread = false;
    std::string_view* to;  // never nullptr
    mutable UsualSize usual;
  };
  static constexpr std::size_t kAlign = 32;

  /// `parts` are those of a checked message; what they point to stays with the caller.
  explicit MessageShape(Parts parts);
  MessageShape(const MessageShape&) = delete;
  MessageShape& operator=(const MessageShape&) = delete;

  /// Has the text this shape? What it holds in the places has then been put where it goes; `at` is
  /// at the end. kPadding bytes behind it are readable. It has not been checked to be UTF-8 if it
  /// is not ASCII.
  [[nodiscard]] bool read(Reading& reading, Lanes lanes) const;

  /// Takes in another checked message; false: it has another shape.
  [[nodiscard]] bool widen(const Parts& other);

 private:
  struct alignas(kAlign) Bytes {
    std::array<char, kAlign> bytes;
  };

  [[nodiscard]] bool widen(std::size_t part, const Parts& other, std::size_t others);
  [[nodiscard]] bool same_frame(std::size_t part, const Parts& other, std::size_t others) const;
  void lay_out();

  Parts parts_;

  std::vector<Bytes> bytes_;  // of all places
  std::vector<Place> places_;
  std::string_view unread_;  // where values go that are not read
};

}  // namespace vmtrail
