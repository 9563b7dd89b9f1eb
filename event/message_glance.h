// SPDX-License-Identifier: Apache-2.0
// What a message is about, before it has been looked at closely.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "event/message_parts.h"

namespace vmtrail {

/// Finds the event types of messages. It need not be right: whoever goes by it checks.
class MessageGlance {
 public:
  /// kPadding bytes behind the text are readable. What is found in it has kBefore bytes before it.
  [[nodiscard]] std::optional<MessageCutter::Expected> look(std::string_view text);
  /// The same of a message at the front of a text that goes on behind it: only where the type began
  /// in a message before.
  [[nodiscard]] std::optional<MessageCutter::Expected> look_again(std::string_view text);

  static constexpr std::size_t kBefore = 16;

 private:
  /// Where the type began in a message before, and what stood before it. Only the publisher's host
  /// comes earlier, and many have names of the same length.
  struct Place {
    std::size_t offset = 0;
    std::array<char, kBefore> before{};
  };

  [[nodiscard]] inline const char* find_again(std::string_view text);
  [[nodiscard]] const char* find(std::string_view text);

  std::array<Place, 2> last_;  // the last one first
};

}  // namespace vmtrail
