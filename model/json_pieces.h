// SPDX-License-Identifier: Apache-2.0
// Putting JSON together, a record at a time.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/plain_text.h"
#include "vmtrail/ids.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Room for a text of which it is known how long it can become at most, so that no piece of it
/// needs to be asked for.
class JsonRoom {
 public:
  explicit JsonRoom(std::size_t bound) {
    if (bound > small_.size()) large_ = std::make_unique_for_overwrite<char[]>(bound);
  }
  [[nodiscard]] char* begin() { return large_ ? large_.get() : small_.data(); }

 private:
  std::array<char, 8192> small_;
  std::unique_ptr<char[]> large_;
};

namespace json {

// Each of these writes at `to` and returns where it ended. There must be room.

/// Bytes that a string of such a size may need, with its quotes.
[[nodiscard]] constexpr std::size_t bound(std::size_t text_size) {
  return 6 * text_size + 2;
}
[[nodiscard]] constexpr std::size_t bound(std::string_view text) {
  return bound(text.size());
}
[[nodiscard]] inline std::size_t bound(const RequestId& id) {
  return bound(id.text().uuid() ? kUuidSize + 4 : id.to_string().size());
}

/// JSON as it is.
template <std::size_t kSize>
char* put(char* to, const char (&text)[kSize]) {
  std::memcpy(to, text, kSize - 1);
  return to + kSize - 1;
}
inline char* put(char* to, bool value) {
  return value ? put(to, "true") : put(to, "false");
}
char* put(char* to, std::uint64_t number);

/// What stands between the quotes of a string, whatever the text holds.
char* put_any(char* to, std::string_view text);
inline char* string(char* to, std::string_view text) {
  *to++ = '"';
  to = put_plain(to, text) ? to + text.size() : put_any(to, text);
  *to++ = '"';
  return to;
}
/// Empty text is null.
inline char* string_or_null(char* to, std::string_view text) {
  return text.empty() ? put(to, "null") : string(to, text);
}
inline char* string(char* to, Time time) {
  *to++ = '"';
  write_time(to, time);
  to += kTimeSize;
  *to++ = '"';
  return to;
}
inline char* string_or_null(char* to, const std::optional<Time>& time) {
  return time ? string(to, *time) : put(to, "null");
}
inline char* string(char* to, const InstanceId& id) {
  *to++ = '"';
  id.write(to);
  to += kUuidSize;
  *to++ = '"';
  return to;
}
char* string_or_null(char* to, const RequestId& id);

}  // namespace json

}  // namespace vmtrail
