// SPDX-License-Identifier: Apache-2.0
// What a message had in common with those before it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/block.h"
#include "event/json_text.h"
#include "event/message_layout.h"
#include "event/message_value.h"

namespace vmtrail {

/// A value of a message whose text has been checked.
struct Part {
  JsonKind kind;
  bool fixed = false;         ///< nothing of another kind can stand there, of a scalar nothing else
  Takes takes = Takes::same;  ///< in other messages of the same shape
  Wanted wanted{};
  std::size_t begin = 0;  ///< with its quotes or brackets
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
/// the same by them. Most messages differ only where others did, and in no more than that; for
/// those there is a layout. Every other message of the shape widens it where it differs.
class MessageShape {
 public:
  /// `parts` are those of a checked message; what they point to stays with the caller.
  explicit MessageShape(Parts parts) : parts_(std::move(parts)) {}
  MessageShape(const MessageShape&) = delete;
  MessageShape& operator=(const MessageShape&) = delete;

  /// Has the text this shape, and differs no more than others did? What it holds in the places has
  /// then been put where it goes; otherwise some of it may have been. kPadding bytes behind it are
  /// readable. It has not been checked to be UTF-8 if it is not ASCII.
  [[nodiscard]] bool read(MessageReading& reading, Lanes lanes) {
    if (!laid_out_) lay_out();
    return parts_.quote == Bare::kQuote ? layout_.read<Bare>(reading, lanes)
                                        : layout_.read<Nested>(reading, lanes);
  }
  /// The same, but it may differ in every value, and is taken in where it does.
  [[nodiscard]] bool read_widening(MessageReading& reading);

  /// Takes in another checked message; false: it has another shape.
  [[nodiscard]] bool widen(const Parts& other);
  /// Expects that messages will differ where those of another shape did; for messages of different
  /// event types have much in common. False: the other does not look like it.
  bool widen_like(const MessageShape& other);

 private:
  template <class Form>
  [[nodiscard]] bool read_parts(MessageReading& reading);
  [[nodiscard]] std::size_t next_value(std::size_t part) const;
  [[nodiscard]] bool widen(std::size_t part, const Parts& other, std::size_t others);
  [[nodiscard]] bool same_frame(std::size_t part, const Parts& other, std::size_t others) const;
  void lay_out();

  Parts parts_;
  MessageLayout layout_;
  bool laid_out_ = false;     // as the parts are now
  std::vector<Takes> found_;  // by read_parts(), for each value of the last message
};

}  // namespace vmtrail
