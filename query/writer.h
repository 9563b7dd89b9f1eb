// SPDX-License-Identifier: Apache-2.0
// JSON in the making: commas where they belong, the rest as it is said.

#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "vmtrail/record.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Appends to one text. Whoever uses it closes what was opened.
class JsonWriter {
 public:
  JsonWriter& open(char bracket) {
    separate();
    text_ += bracket;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    return *this;
  }
  /// One of our own words; a value follows.
  JsonWriter& key(std::string_view key) {
    separate();
    text_ += '"';
    text_ += key;
    text_ += "\":";
    return *this;
  }

  /// Empty text is null.
  JsonWriter& value(std::string_view text) { return shape(text); }
  JsonWriter& value(const char* text) { return shape(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return shape(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto truth) { return raw(truth ? "true" : "false"); }
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) JsonWriter& value(Number number) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(double number);
  JsonWriter& value(Time time) { return shape(std::string_view(to_string(time))); }
  template <class Value>
  JsonWriter& value(const std::optional<Value>& value) {
    return value ? this->value(*value) : raw("null");
  }
  /// One of the shapes of vmtrail/record.h.
  template <class Shape>
  JsonWriter& shape(const Shape& shape) {
    separate();
    append_json(text_, shape);
    return *this;
  }
  /// JSON as it is.
  JsonWriter& raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
  }

  template <class Value>
  JsonWriter& field(std::string_view name, const Value& value) {
    return key(name).value(value);
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void separate() {
    const char last = text_.empty() ? '{' : text_.back();
    if (last != '{' && last != '[' && last != ':') text_ += ',';
  }

  std::string text_;
};

}  // namespace vmtrail
