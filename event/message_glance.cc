// SPDX-License-Identifier: Apache-2.0

#include "event/message_glance.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "event/block.h"
#include "event/scanning.h"

namespace vmtrail {
namespace {

/// Where the value of the next key `event_type` from `at` on begins, or what looks like it;
/// nullptr: there is none.
const char* find_key(const char* at, std::string_view text) {
  static constexpr char kKey[] = "event_type";
  static constexpr std::ptrdiff_t kHead = 5;  // before the search meets it
  static constexpr std::ptrdiff_t kMostBetween = 6;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  for (; at < end; ++at) {
    at = static_cast<const char*>(std::memchr(at, '_', static_cast<std::size_t>(end - at)));
    if (at == nullptr || end - at < 24) return nullptr;
    if (at - begin < kHead || !begins_with(at - kHead, kKey)) continue;
    at += sizeof kKey - 1 - kHead;
    const char* const limit = at + kMostBetween;
    while (at != limit && (*at == '\\' || *at == '"' || *at == ':' || *at == ' ')) ++at;
    return at - begin >= std::ptrdiff_t{MessageGlance::kBefore} ? at : nullptr;
  }
  return nullptr;
}

/// What stands from `at` to where a string's plain part ends; nullopt: nothing, or much.
std::optional<std::string_view> plain_text(const char* at, std::string_view text) {
  static constexpr std::ptrdiff_t kMost = 128;
  const char* const begin = at;
  const char* const end = text.data() + text.size();
  for (; at < end && at - begin < kMost; at += Block::kSize) {
    const Block::Bits ends = Block(at).ends_json();
    if (ends == 0) continue;
    at += std::countr_zero(ends);
    if (at >= end || at == begin) return std::nullopt;
    return std::string_view(begin, static_cast<std::size_t>(at - begin));
  }
  return std::nullopt;
}

/// What begins at `at` and ends as a string does, or in a list of events the type of the first.
std::optional<MessageCutter::Expected> expected_at(const char* at, std::string_view text) {
  if (at == nullptr) return std::nullopt;
  auto type = plain_text(at, text);
  const bool in_list = type == "event";
  if (in_list) {
    at = find_key(at, text);
    if (at == nullptr) return std::nullopt;
    type = plain_text(at, text);
  }
  if (!type) return std::nullopt;
  return MessageCutter::Expected{*type, in_list};
}

}  // namespace

inline const char* MessageGlance::find_again(std::string_view text) {
  for (const Place& place : last_) {
    if (place.offset == 0 || place.offset >= text.size()) continue;
    const char* const at = text.data() + place.offset;
    if (std::memcmp(at - kBefore, place.before.data(), kBefore) != 0) continue;
    if (&place != &last_.front()) std::swap(last_[0], last_[1]);
    return at;
  }
  return nullptr;
}

const char* MessageGlance::find(std::string_view text) {
  if (const char* const at = find_again(text)) return at;
  const char* const at = find_key(text.data(), text);
  if (at == nullptr) return nullptr;
  last_[1] = last_[0];
  last_[0].offset = static_cast<std::size_t>(at - text.data());
  std::memcpy(last_[0].before.data(), at - kBefore, kBefore);
  return at;
}

std::optional<MessageCutter::Expected> MessageGlance::look(std::string_view text) {
  return expected_at(find(text), text);
}

std::optional<MessageCutter::Expected> MessageGlance::look_again(std::string_view text) {
  static constexpr std::size_t kNear = 1024;  // in a list the type of the first stands at its front
  const char* const at = find_again(text);
  if (at == nullptr) return std::nullopt;
  return expected_at(at, text.substr(0, static_cast<std::size_t>(at - text.data()) + kNear));
}

}  // namespace vmtrail
