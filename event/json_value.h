// SPDX-License-Identifier: Apache-2.0
// Values of a parsed JSON text, as fields need them.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include <simdjson.h>

#include "event/draft.h"

namespace vmtrail {

/// The text of numbers and truth values, which JSON does not hold as text; valid until clear().
class NumberTexts {
 public:
  void clear() { used_ = 0; }
  [[nodiscard]] std::string_view text(simdjson::dom::element number);

 private:
  std::deque<std::array<char, 32>> texts_;  // addresses stay
  std::size_t used_ = 0;
};

/// A value that a field could take.
struct Scalar {
  enum class Kind : std::uint8_t { text, null, container };
  Kind kind;
  std::string_view text;
};
[[nodiscard]] Scalar scalar(simdjson::dom::element value, NumberTexts& numbers);

/// The reason of quarantine for what simdjson could not parse.
[[nodiscard]] ErrorCode reason_of(simdjson::error_code error);

/// The keys that tell what a JSON object is, and hold what every kind of message has.
enum class Key : std::uint8_t {
  oslo_message,
  event_type,
  payload,
  message_id,
  publisher_id,
  timestamp,
  generated,
  traits,
  raw,
  device,
  type,
  data,
  body,
  routing_key,
  method,
  path,
  counter_name,
  context_request_id,
  context,
  ctxt,
  metadata,
  request_id,
};
inline constexpr std::size_t kKeyCount = 22;
[[nodiscard]] std::optional<Key> find_key(std::string_view name);

/// The members of an object under those keys, gathered in one pass.
class Members {
 public:
  explicit Members(simdjson::dom::object object);

  [[nodiscard]] bool has(Key key) const { return (present_ & bit(key)) != 0; }
  /// Only for a key that it has.
  [[nodiscard]] simdjson::dom::element operator[](Key key) const {
    return values_[static_cast<std::size_t>(key)];
  }
  [[nodiscard]] std::optional<simdjson::dom::object> object(Key key) const;
  [[nodiscard]] std::optional<std::string_view> string(Key key) const;
  /// A key that occurs twice; empty if none does.
  [[nodiscard]] std::string_view repeated() const { return repeated_; }

 private:
  static constexpr std::uint32_t bit(Key key) {
    return std::uint32_t{1} << static_cast<unsigned>(key);
  }

  std::array<simdjson::dom::element, kKeyCount> values_;
  std::uint32_t present_ = 0;
  std::string_view repeated_;
};

/// The string under `key`; null counts as absent, anything else is wrong_type.
[[nodiscard]] std::string_view identity(const Members& members, Key key, Draft& draft);

}  // namespace vmtrail
