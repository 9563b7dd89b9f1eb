// SPDX-License-Identifier: Apache-2.0
// Texts, numbers and members.

#include "event/json_value.h"

#include <charconv>

#include "event/keys.h"

namespace vmtrail {
namespace {

namespace dom = simdjson::dom;

constexpr Keys<Key, kKeyCount> kKeys{std::array<std::string_view, kKeyCount>{
    "oslo.message", "event_type",  "payload",  "message_id", "publisher_id", "timestamp",
    "generated",    "traits",      "raw",      "device",     "type",         "data",
    "body",         "routing_key", "method",   "path",       "counter_name", "_context_request_id",
    "context",      "ctxt",        "metadata", "request_id"}};

}  // namespace

std::optional<Key> find_key(std::string_view name) {
  return kKeys.find(name);
}

std::string_view NumberTexts::text(dom::element number) {
  if (bool value = false; number.get(value) == simdjson::SUCCESS) return value ? "true" : "false";
  if (used_ == texts_.size()) texts_.emplace_back();
  std::array<char, 32>& text = texts_[used_++];
  char* const end = text.data() + text.size();
  char* written = text.data();
  if (std::int64_t value = 0; number.get(value) == simdjson::SUCCESS) {
    written = std::to_chars(text.data(), end, value).ptr;
  } else if (std::uint64_t big = 0; number.get(big) == simdjson::SUCCESS) {
    written = std::to_chars(text.data(), end, big).ptr;
  } else if (double real = 0; number.get(real) == simdjson::SUCCESS) {
    written = std::to_chars(text.data(), end, real).ptr;
  }
  return {text.data(), static_cast<std::size_t>(written - text.data())};
}

Scalar scalar(dom::element value, NumberTexts& numbers) {
  switch (value.type()) {
    case dom::element_type::STRING: {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return {Scalar::Kind::null, {}};
      return {Scalar::Kind::text, text};
    }
    case dom::element_type::NULL_VALUE:
      return {Scalar::Kind::null, {}};
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      return {Scalar::Kind::container, {}};
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
    case dom::element_type::BOOL:
      return {Scalar::Kind::text, numbers.text(value)};
  }
  return {Scalar::Kind::null, {}};
}

ErrorCode reason_of(simdjson::error_code error) {
  switch (static_cast<int>(error)) {
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
      return ErrorCode::number_out_of_range;
    case simdjson::DEPTH_ERROR:
      return ErrorCode::nested_too_deep;
    case simdjson::UTF8_ERROR:
      return ErrorCode::invalid_utf8;
    case simdjson::EMPTY:
    case simdjson::UNCLOSED_STRING:
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return ErrorCode::incomplete;
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return ErrorCode::too_long;
    default:  // simdjson's enumeration is open: it grows with its versions
      return ErrorCode::invalid_json;
  }
}

Members::Members(dom::object object) {
  for (const auto& [name, value] : object) {
    const auto key = kKeys.find(name);
    if (!key) continue;
    if (has(*key)) repeated_ = kKeys.name(*key);
    present_ |= bit(*key);
    values_[static_cast<std::size_t>(*key)] = value;
  }
}

std::optional<dom::object> Members::object(Key key) const {
  dom::object object;
  if (!has(key) || (*this)[key].get(object) != simdjson::SUCCESS) return std::nullopt;
  return object;
}

std::optional<std::string_view> Members::string(Key key) const {
  std::string_view text;
  if (!has(key) || (*this)[key].get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::string_view identity(const Members& members, Key key, Draft& draft) {
  if (!members.has(key) || members[key].is_null()) return {};
  if (const auto text = members.string(key)) return *text;
  draft.fail(ErrorCode::wrong_type, kKeys.name(key));
  return {};
}

}  // namespace vmtrail
