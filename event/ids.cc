// SPDX-License-Identifier: Apache-2.0
// UUIDs in 16 bytes, and what else stands in their place.

#include "vmtrail/ids.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace vmtrail {
namespace {

constexpr std::size_t kUuidLength = 36;
constexpr std::string_view kRequestPrefix = "req-";

struct Halves {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

constexpr bool is_dash(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

int hex_value(char c, bool any_case) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (any_case && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Halves> parse_uuid(std::string_view text, bool any_case) {
  if (text.size() != kUuidLength) return std::nullopt;
  Halves halves;
  for (std::size_t i = 0; i < kUuidLength; ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_value(text[i], any_case);
    if (digit < 0) return std::nullopt;
    std::uint64_t& half = i < 18 ? halves.high : halves.low;
    half = half << 4 | static_cast<std::uint64_t>(digit);
  }
  return halves;
}

std::array<char, kUuidLength> uuid_text(std::uint64_t high, std::uint64_t low) {
  std::array<char, kUuidLength> text{};
  for (std::size_t i = kUuidLength; i-- > 0;) {
    if (is_dash(i)) {
      text[i] = '-';
      continue;
    }
    std::uint64_t& half = i < 18 ? high : low;
    text[i] = "0123456789abcdef"[half & 15];
    half >>= 4;
  }
  return text;
}

std::string_view view(const std::array<char, kUuidLength>& text) {
  return {text.data(), text.size()};
}

std::uint64_t copy_to_heap(std::string_view text) {
  char* const copy = new char[text.size()];
  std::memcpy(copy, text.data(), text.size());
  return reinterpret_cast<std::uintptr_t>(copy);
}

}  // namespace

std::optional<InstanceId> InstanceId::parse(std::string_view text) {
  const auto halves = parse_uuid(text, true);
  if (!halves) return std::nullopt;
  InstanceId id;
  id.high_ = halves->high;
  id.low_ = halves->low;
  return id;
}

void InstanceId::append_to(std::string& out) const {
  out.append(view(uuid_text(high_, low_)));
}

std::string InstanceId::to_string() const {
  return std::string(view(uuid_text(high_, low_)));
}

CompactText::CompactText(std::string_view text) {
  if (text.empty()) return;
  const auto halves = parse_uuid(text, false);
  if (halves && halves->low >> 62 == 2) {
    high_ = halves->high;
    low_ = halves->low;
    return;
  }
  low_ = copy_to_heap(text);
  high_ = text.size();
}

void CompactText::copy_heap() {
  low_ = copy_to_heap(heap());
}

void CompactText::free_heap() noexcept {
  delete[] heap().data();
}

std::string_view CompactText::heap() const {
  return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(low_)), high_};
}

void CompactText::append_to(std::string& out) const {
  if (inline_uuid()) {
    out.append(view(uuid_text(high_, low_)));
  } else if (!empty()) {
    out.append(heap());
  }
}

std::strong_ordering operator<=>(const CompactText& a, const CompactText& b) {
  if (a.inline_uuid() && b.inline_uuid()) {
    // The digits ascend in ASCII, so the order of the numbers is that of the texts.
    if (const auto order = a.high_ <=> b.high_; order != 0) return order;
    return a.low_ <=> b.low_;
  }
  const auto text_of = [](const CompactText& text, std::array<char, kUuidLength>& buffer) {
    if (!text.inline_uuid()) return text.heap();
    buffer = uuid_text(text.high_, text.low_);
    return view(buffer);
  };
  std::array<char, kUuidLength> a_buffer;
  std::array<char, kUuidLength> b_buffer;
  return text_of(a, a_buffer) <=> text_of(b, b_buffer);
}

std::string MessageId::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

RequestId::RequestId(std::string_view text)
    : prefixed_(text.size() > kRequestPrefix.size() && text.starts_with(kRequestPrefix)) {
  text_ = CompactText(prefixed_ ? text.substr(kRequestPrefix.size()) : text);
}

void RequestId::append_to(std::string& out) const {
  if (prefixed_) out.append(kRequestPrefix);
  text_.append_to(out);
}

std::string RequestId::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

}  // namespace vmtrail
