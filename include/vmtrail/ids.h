// SPDX-License-Identifier: Apache-2.0
// Identifiers, each a type of its own, so that one cannot stand where another is meant.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vmtrail {

/// Nova's instance uuid. Equal whatever the case it was written in; prints in lower case.
class InstanceId {
 public:
  InstanceId() = default;  ///< all zeros, which Nova never assigns

  /// Reads the 36 characters of a UUID, in any case; nullopt for anything else.
  [[nodiscard]] static std::optional<InstanceId> parse(std::string_view text);

  void append_to(std::string& out) const;
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::size_t hash() const;

  auto operator<=>(const InstanceId&) const = default;

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

/// A text that nearly always is a UUID in lower case, with or without a fixed prefix: such a one
/// takes 16 bytes and no allocation; any other is kept as it is, on the heap. Compares as the texts
/// do.
class CompactText {
 public:
  CompactText() = default;
  explicit CompactText(std::string_view text);
  CompactText(const CompactText& other);
  CompactText(CompactText&& other) noexcept;
  CompactText& operator=(CompactText other) noexcept;
  ~CompactText();

  [[nodiscard]] bool empty() const { return high_ == 0 && low_ == 0; }
  void append_to(std::string& out) const;
  [[nodiscard]] std::size_t hash() const;
  friend bool operator==(const CompactText& a, const CompactText& b);
  friend std::strong_ordering operator<=>(const CompactText& a, const CompactText& b);

 private:
  [[nodiscard]] bool inline_uuid() const {
    return low_ >> 62 == 2;
  }  // the variant bits of RFC 4122
  [[nodiscard]] std::string_view heap() const;

  std::uint64_t high_ = 0;  // a UUID's first half; else the length of the text
  std::uint64_t low_ = 0;   // a UUID's second half; else the address of the text; both 0: no text
};

/// The key of an event: oslo.messaging's message_id (a uuid4).
class MessageId {
 public:
  MessageId() = default;
  explicit MessageId(std::string_view text) : text_(text) {}
  [[nodiscard]] bool empty() const { return text_.empty(); }
  void append_to(std::string& out) const { text_.append_to(out); }
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::size_t hash() const { return text_.hash(); }
  friend bool operator==(const MessageId&, const MessageId&) = default;
  friend std::strong_ordering operator<=>(const MessageId&, const MessageId&) = default;

 private:
  CompactText text_;
};

/// One API action on all hosts: `req-` and a uuid4 (oslo.context's generate_request_id). Empty if
/// the event named none.
class RequestId {
 public:
  RequestId() = default;
  explicit RequestId(std::string_view text);
  [[nodiscard]] bool empty() const { return text_.empty(); }
  void append_to(std::string& out) const;
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::size_t hash() const { return text_.hash() * 2 + (prefixed_ ? 1 : 0); }
  friend bool operator==(const RequestId&, const RequestId&) = default;

 private:
  CompactText text_;
  bool prefixed_ = false;  // "req-" was cut off
};

/// The number of a change record: strictly increasing from 1, without gaps.
enum class Sequence : std::uint64_t {};

}  // namespace vmtrail

template <>
struct std::hash<vmtrail::InstanceId> {
  std::size_t operator()(const vmtrail::InstanceId& id) const { return id.hash(); }
};
template <>
struct std::hash<vmtrail::MessageId> {
  std::size_t operator()(const vmtrail::MessageId& id) const { return id.hash(); }
};
template <>
struct std::hash<vmtrail::RequestId> {
  std::size_t operator()(const vmtrail::RequestId& id) const { return id.hash(); }
};
