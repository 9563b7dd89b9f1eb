// SPDX-License-Identifier: Apache-2.0

#include "event/message_layout.h"

#include <bit>
#include <cstring>

#include "event/scanning.h"

namespace vmtrail {
namespace {

namespace narrow {
using Match = PatternMatch;
#include "event/message_loop.h"
}  // namespace narrow

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
namespace wide {
using Match = WidePatternMatch;
#include "event/message_loop.h"
}  // namespace wide
VMTRAIL_END_WIDE
#endif

}  // namespace

void MessageLayout::clear(std::size_t size) {
  patterns_.clear();
  patterns_.reserve(size / PatternMatch::kSize);
  places_.clear();
  captures_.clear();
  pattern_.clear();
  pattern_.reserve(size);
  captured_ = 0;
  ascii_ = true;
}

void MessageLayout::add_same(std::string_view bytes) {
  ascii_ = ascii_ && is_ascii(bytes);
  pattern_ += bytes;
}

void MessageLayout::capture(std::string_view* to, std::size_t size) {
  captures_.push_back({to, pattern_.size(), size});
  ++captured_;
}

MessageLayout::Place& MessageLayout::end_pattern() {
  constexpr std::size_t kSize = PatternMatch::kSize;
  const std::size_t whole = pattern_.size() / kSize * kSize;
  const std::size_t begin = patterns_.size();
  patterns_.resize(begin + whole / kSize + 1);
  std::memcpy(patterns_.data() + begin, pattern_.data(), pattern_.size());
  Place& place = places_.emplace_back();
  place.size = static_cast<std::uint32_t>(pattern_.size());
  place.whole = static_cast<std::uint32_t>(whole);
  place.rest = (Block::Bits{1} << (pattern_.size() - whole)) - 1;
  place.captures = captured_;
  pattern_.clear();
  captured_ = 0;
  return place;
}

void MessageLayout::add_place(Takes takes, const Wanted& wanted) {
  Place& place = end_pattern();
  place.to = wanted.to != nullptr ? wanted.to : &unread_;
  place.takes = takes;
  place.wanted = wanted;
}

void MessageLayout::finish() {
  end_pattern().last = true;
  if (!ascii_) places_.clear();
}

template <class Form>
bool MessageLayout::read(MessageReading& reading, Lanes lanes) const {
  if (places_.empty()) return false;
  const char* const patterns = patterns_.front().bytes.data();
#if defined(VMTRAIL_HAS_WIDE)
  if (lanes == Lanes::wide) {
    return wide::read<Form>(places_.data(), patterns, captures_.data(), reading);
  }
#else
  (void)lanes;
#endif
  return narrow::read<Form>(places_.data(), patterns, captures_.data(), reading);
}

template bool MessageLayout::read<Bare>(MessageReading& reading, Lanes lanes) const;
template bool MessageLayout::read<Nested>(MessageReading& reading, Lanes lanes) const;

}  // namespace vmtrail
