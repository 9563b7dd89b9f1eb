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
#include <utility>

namespace vmtrail {

namespace detail {

/// Numbers that each process draws for itself: senders choose ids, and must not know which of them
/// have the same hash.
struct HashSeed {
  std::uint64_t high;
  std::uint64_t low;
};
[[nodiscard]] HashSeed draw_hash_seed() noexcept;
inline const HashSeed kHashSeed = draw_hash_seed();

/// The 128 bits of the product, folded.
inline std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Each bit of either half reaches all of the hash.
inline std::size_t mixed(std::uint64_t high, std::uint64_t low) {
  return folded_product(high ^ kHashSeed.high, low ^ kHashSeed.low);
}

}  // namespace detail

/// The characters of a UUID.
inline constexpr std::size_t kUuidSize = 36;

/// Nova's instance uuid. Equal whatever the case it was written in; prints in lower case.
class InstanceId {
 public:
  InstanceId() = default;  ///< all zeros, which Nova never assigns

  /// Reads the 36 characters of a UUID, in any case; nullopt for anything else.
  [[nodiscard]] static std::optional<InstanceId> parse(std::string_view text);

  void append_to(std::string& out) const;
  void write(char* to) const;  ///< kUuidSize characters
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::size_t hash() const {
    // Unlike other ids these are at times counted on, where somebody writes them himself. Then the
    // first product counts on, too, in steps that with some seeds come close to each other.
    return detail::folded_product(detail::mixed(high_, low_), 0x9e3779b97f4a7c15U);
  }

  auto operator<=>(const InstanceId&) const = default;

 private:
  friend struct EventIds;
  InstanceId(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}

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
  // What every copy of a fact or a state goes through stays inline; the rare odd text does not.
  CompactText(const CompactText& other) : high_(other.high_), low_(other.low_) {
    if (on_heap()) copy_heap();
  }
  CompactText(CompactText&& other) noexcept
      : high_(std::exchange(other.high_, 0)), low_(std::exchange(other.low_, 0)) {}
  CompactText& operator=(const CompactText& other) {
    if (on_heap() || other.on_heap()) return assign(CompactText(other));
    high_ = other.high_;
    low_ = other.low_;
    return *this;
  }
  CompactText& operator=(CompactText&& other) noexcept { return assign(std::move(other)); }
  ~CompactText() {
    if (on_heap()) free_heap();
  }

  /// A UUID's 16 bytes, as numbers.
  struct Uuid {
    std::uint64_t high;
    std::uint64_t low;
  };
  /// Has it the variant bits of RFC 4122? Others are kept as texts.
  [[nodiscard]] static bool fits(Uuid uuid) { return uuid.low >> 62 == 2; }
  /// Of a UUID that fits().
  explicit CompactText(Uuid uuid) : high_(uuid.high), low_(uuid.low) {}
  /// nullopt: there is no text, or another one.
  [[nodiscard]] std::optional<Uuid> uuid() const {
    return inline_uuid() ? std::optional(Uuid{high_, low_}) : std::nullopt;
  }

  [[nodiscard]] bool empty() const { return low_ == 0; }
  void append_to(std::string& out) const;
  [[nodiscard]] std::size_t hash() const {
    return inline_uuid() ? detail::mixed(high_, low_) : hash_of_heap();
  }
  /// A byte that most others do not have. Whoever writes an id may choose it.
  [[nodiscard]] std::uint8_t tag() const { return static_cast<std::uint8_t>(high_ ^ high_ >> 32); }
  friend bool operator==(const CompactText& a, const CompactText& b) {
    if (a.low_ == b.low_) return a.high_ == b.high_;  // of one address there is one text
    return a.on_heap() && b.on_heap() && a.heap() == b.heap();
  }
  friend std::strong_ordering operator<=>(const CompactText& a, const CompactText& b);

 private:
  [[nodiscard]] bool inline_uuid() const { return fits({high_, low_}); }
  // An address, which has neither the variant's bits nor is null: one comparison for both.
  [[nodiscard]] bool on_heap() const { return (low_ - 1) >> 62 == 0; }
  [[nodiscard]] std::string_view heap() const;
  [[nodiscard]] std::size_t hash_of_heap() const;
  void copy_heap();
  void free_heap() noexcept;
  CompactText& assign(CompactText&& other) noexcept {
    std::swap(high_, other.high_);
    std::swap(low_, other.low_);
    return *this;
  }

  std::uint64_t high_ = 0;  // a UUID's first half; else the length of the text
  std::uint64_t low_ = 0;   // a UUID's second half; else the address of the text; both 0: no text
};

/// Writes kUuidSize characters, in lower case.
void write_uuid(char* to, CompactText::Uuid uuid);

/// The key of an event: oslo.messaging's message_id (a uuid4).
class MessageId {
 public:
  MessageId() = default;
  explicit MessageId(std::string_view text) : text_(text) {}
  explicit MessageId(CompactText text) : text_(std::move(text)) {}
  [[nodiscard]] const CompactText& text() const { return text_; }
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
  /// `prefixed`: the text is what stands behind "req-".
  RequestId(CompactText text, bool prefixed) : text_(std::move(text)), prefixed_(prefixed) {}
  [[nodiscard]] const CompactText& text() const { return text_; }
  [[nodiscard]] bool prefixed() const { return prefixed_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  void append_to(std::string& out) const;
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::size_t hash() const { return text_.hash() * 2 + (prefixed_ ? 1 : 0); }
  friend bool operator==(const RequestId&, const RequestId&) = default;

 private:
  CompactText text_;
  bool prefixed_ = false;  // "req-" was cut off
};

/// The ids of one event.
struct EventIds {
  EventIds() = default;
  /// What the types make of these texts one by one, in less time.
  EventIds(std::string_view message_text, std::string_view request_text,
           std::string_view instance_text);

  MessageId message;
  RequestId request;                   ///< empty: the event names none
  std::optional<InstanceId> instance;  ///< nullopt: it names none, or what is no UUID

 private:
  struct Read;
  explicit EventIds(const Read& read);
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
