// SPDX-License-Identifier: Apache-2.0
// Putting JSON together, a record at a time.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "vmtrail/ids.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Gathers text in a buffer of its own and appends it to a string when that is full, and at the
/// end: a string grows by a few kilobytes at a time, not by a few bytes.
class JsonWriter {
 public:
  /// `out` is borrowed, and complete when the writer is gone.
  explicit JsonWriter(std::string& out) : out_(out) {}
  ~JsonWriter() { flush(); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  /// JSON as it is.
  template <std::size_t kSize>
  void put(const char (&json)[kSize]) {
    static_assert(kSize <= kMaxPiece);
    make_room();
    std::memcpy(at_, json, kSize - 1);
    at_ += kSize - 1;
  }
  /// Likewise; at most kMaxPiece bytes: one of our own words.
  void put_word(std::string_view word) {
    make_room();
    std::memcpy(at_, word.data(), word.size());
    at_ += word.size();
  }
  void put(bool value) { value ? put("true") : put("false"); }
  void put(std::uint64_t number);

  void string(std::string_view text);
  /// Empty text is null.
  void string_or_null(std::string_view text) { text.empty() ? put("null") : string(text); }
  void string(Time time) {
    make_room();
    *at_++ = '"';
    write_time(at_, time);
    at_ += kTimeSize;
    *at_++ = '"';
  }
  void string_or_null(const std::optional<Time>& time) { time ? string(*time) : put("null"); }
  void string(const InstanceId& id) {
    make_room();
    *at_++ = '"';
    id.write(at_);
    at_ += kUuidSize;
    *at_++ = '"';
  }
  void string_or_null(const RequestId& id);

 private:
  static constexpr std::size_t kMaxPiece = 256;

  // For one piece. A string of 16 bytes is written as a whole even if it has fewer.
  void make_room() {
    if (static_cast<std::size_t>(buffer_.data() + buffer_.size() - at_) < kMaxPiece) flush();
  }
  void flush() {
    out_.append(buffer_.data(), at_);
    at_ = buffer_.data();
  }
  void put_escaped(char c);

  std::string& out_;
  std::array<char, 4096> buffer_;
  char* at_ = buffer_.data();
};

}  // namespace vmtrail
