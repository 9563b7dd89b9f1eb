// SPDX-License-Identifier: Apache-2.0
// The walk along a logged event.
//
// What it relies on: Python prints `<Event: ID, TYPE, TIME, <Trait: NAME DTYPE VALUE> <Trait: …>>`
// (ceilometer/event/models.py), and seldom is there an angle bracket in a value, or one behind the
// event that does not begin another. Then the first `>` ends a value. It checks every byte that it
// passes; whatever is different, or is a flaw of the event, it leaves to LogDecoder, which is the
// judge: tests/event_scan_test.cc and fuzz/scan_fuzz.cc hold the two equal.
//
// Of most events the course is known (event_course.h), and the walk takes only the others trait by
// trait.
//
// Reading ahead: every search begins before the end of the text and goes at most 32 bytes beyond;
// what is compared between two of them is no longer than the other half of kPadding. Along expected
// traits it is trait_loop.h that walks.

#include "event/log_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <simdjson.h>

#include "event/block.h"
#include "event/log_syntax.h"
#include "event/scanning.h"
#include "vmtrail/ids.h"

namespace vmtrail {
namespace {

constexpr char kEvent[] = "<Event: ";
constexpr char kUsualTail[] = "])\n";  // of a line that logs one event
constexpr std::ptrdiff_t kTailSize = sizeof kUsualTail - 1;

/// The type of the event at `at`, if it stands where it does behind the usual message id, and is
/// not too long.
std::string_view usual_type(const char* at, const char* end) {
  constexpr std::size_t kBegin = sizeof kEvent - 1 + kUuidSize + 2;
  static_assert(kBegin >= EventCourses::kBefore);
  if (end - at < static_cast<std::ptrdiff_t>(kBegin)) return {};
  at += kBegin;
  for (std::size_t size = 0; size != kPadding; size += Block::kSize) {
    const Block::Bits ends = Block(at + size).ends_log_header();
    if (ends != 0) return {at, size + static_cast<std::size_t>(std::countr_zero(ends))};
  }
  return {};
}

/// Walks along one event. What takes something that stands at `at` returns what follows it;
/// nullptr: it is for the judge.
class Walk {
 public:
  Walk(std::string_view text, Draft& draft, TraitSet& traits, TraitHeads& heads,
       EventCourses& courses)
      : text_(text),
        end_(text.data() + text.size()),
        draft_(draft),
        traits_(traits),
        heads_(heads),
        courses_(courses) {}

  /// Reads the event at the front of the text, all but what follows it.
  const char* event();
  /// The event, which ended there, was told: others may be like it.
  void learn(const char* end);
  /// What follows the event that ends at `at`: the next event, or nothing; nullptr: it might belong
  /// to this one.
  const char* next(const char* at) const;

 private:
  void clear();
  const char* trait_by_trait();
  const char* header();
  const char* header_part(const char* at, std::string_view& part) const;
  const char* traits(const char* at);
  const char* unexpected(const char* at, TraitHeads::Walk& walk);
  const char* value(const char* at, std::string_view& value);
  const char* value_end_beyond_ascii(const char* at);

  std::string_view text_;
  const char* end_;
  Draft& draft_;
  TraitSet& traits_;
  TraitHeads& heads_;
  EventCourses& courses_;

  bool ascii_ = true;
  std::string_view usual_type_;  // empty: it stands elsewhere
  bool followed_ = false;        // the course of the event is known
};

/// A part that holds neither blanks nor commas, and the comma behind it.
inline const char* Walk::header_part(const char* at, std::string_view& part) const {
  const char* const begin = at;
  for (; at < end_; at += Block::kSize) {
    const Block::Bits ends = Block(at).ends_log_header();
    if (ends == 0) continue;
    at += std::countr_zero(ends);
    if (!begins_with(at, ", ")) return nullptr;
    part = {begin, static_cast<std::size_t>(at - begin)};
    return at + 2;
  }
  return nullptr;
}

const char* Walk::header() {
  if (text_.size() < sizeof kEvent || !begins_with(text_.data(), kEvent)) return nullptr;
  std::string_view part;
  const char* at = header_part(text_.data() + (sizeof kEvent - 1), part);
  if (at == nullptr) return nullptr;
  draft_.set_message_id(part);
  at = header_part(at, part);
  if (at == nullptr || at >= end_) return nullptr;
  draft_.set_event_type(part);
  // With a fraction or without. A time holds no comma, so the judge finds the same one.
  const std::size_t size = at[19] == '.' ? 26 : 19;
  if (!begins_with(at + size, ", ")) return nullptr;
  draft_.set_generated({at, size});
  return at + size + 2;
}

const char* Walk::value_end_beyond_ascii(const char* at) {
  ascii_ = false;
  at = std::find_if(at, end_, [](char c) { return c == '<' || c == '>'; });
  return at < end_ && *at == '>' ? at : nullptr;
}

/// Stops at the bracket that ends it.
inline const char* Walk::value(const char* at, std::string_view& value) {
  const char* const begin = at;
  for (; at < end_; at += Block::kSize) {
    const Block::Bits ends = Block(at).ends_log();
    if (ends == 0) continue;
    at += std::countr_zero(ends);
    if (*at != '>') {
      if (*at == '<') return nullptr;
      at = value_end_beyond_ascii(at);
      if (at == nullptr) return nullptr;
    }
    value = {begin, static_cast<std::size_t>(at - begin)};
    return at;
  }
  return nullptr;
}

/// A trait that was not expected. If its name is known, its head is learnt.
const char* Walk::unexpected(const char* at, TraitHeads::Walk& walk) {
  if (at >= end_ || *at != ' ') return nullptr;
  const auto read = read_trait_head({at + 1, static_cast<std::size_t>(end_ - at - 1)});
  if (!read) return nullptr;
  const std::string_view name = read->name;
  const std::size_t size = 1 + read->size;
  std::string_view text;
  const char* const end = value(at + size, text);
  if (end == nullptr) return nullptr;
  const auto known = find_trait_name(name);
  if (known && size <= TraitHeads::kMaxSize && !draft_.site().names(name)) {
    const TraitHeads::Head& head = heads_.learn(walk, *known, {at, size});
    *head.slot = text;
    walk.take(head);
  } else if (const TraitSet::Note note = traits_.note(name); note.read()) {
    traits_.set(note, name, text);
  }
  return end + 1;
}

/// `at` is the blank before the first trait. Stops behind the brackets that end the last one and
/// the event.
const char* Walk::traits(const char* at) {
  TraitHeads::Walk walk = heads_.begin();
  for (; at != nullptr; at = unexpected(at, walk)) {
    at = heads_.take_logged(at, end_, walk);
    if (*at == '>') break;
  }
  if (at == nullptr || walk.repeated()) return nullptr;
  return traits_.note_all(walk.seen) ? at + 1 : nullptr;
}

inline void Walk::clear() {
  draft_.site().clear();
  draft_.clear();
  traits_.clear();
}

const char* Walk::trait_by_trait() {
  const char* at = header();
  if (at == nullptr) return nullptr;
  at = *at == '>' ? at + 1 : traits(at - 1);
  if (at == nullptr || at > end_) return nullptr;
  const auto size = static_cast<std::size_t>(at - text_.data());
  return ascii_ || simdjson::validate_utf8(text_.data(), size) ? at : nullptr;
}

const char* Walk::event() {
  clear();
  usual_type_ = usual_type(text_.data(), end_);
  const EventCourse* const course = courses_.find(usual_type_);
  const char* end = course == nullptr ? nullptr : course->follow(text_.data(), end_);
  followed_ = end != nullptr;
  if (followed_) {
    courses_.followed();
    draft_.set_known_type(course->number());
  } else {
    if (course != nullptr) clear();
    end = trait_by_trait();
    if (end == nullptr) return nullptr;
  }
  traits_.apply();
  traits_.tell_caller_project();
  return end;
}

void Walk::learn(const char* end) {
  const bool usual = usual_type_.data() == draft_.event_type().data() && ascii_;
  if (followed_ || !usual || !courses_.may_learn()) return;
  const std::string_view text = text_.substr(0, static_cast<std::size_t>(end - text_.data()));
  if (auto layout = layout_of_logged(text, draft_, traits_)) {
    courses_.learn(usual_type_, std::move(*layout));
  }
}

const char* Walk::next(const char* at) const {
  at = std::find_if(at, end_, [](char c) { return c == '<' || c == '>'; });
  if (at == end_) return at;
  return begins_event({at, static_cast<std::size_t>(end_ - at)}) ? at : nullptr;
}

}  // namespace

std::string_view LogScan::decode(std::string_view text, Output& output) {
  while (!text.empty()) {
    Walk walk(text, draft_, traits_, heads_, courses_);
    const char* const end = walk.event();
    if (end == nullptr) break;
    const char* const next = walk.next(end);
    if (next == nullptr) break;
    const Event* const event = draft_.finish(output.in_input());
    if (event == nullptr) break;
    walk.learn(end);
    output.event(*event);
    text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  }
  return text;
}

const Event* LogScan::decode_line(std::string_view window, std::size_t& size) {
  const char* const end = window.data() + window.size();
  const char* const begin = find_special_(window.data(), end);
  if (begin == nullptr || !begins_with(begin, kEvent)) return nullptr;
  const auto prefix = static_cast<std::size_t>(begin - window.data());
  if (std::memchr(window.data(), '{', prefix) != nullptr) return nullptr;  // maybe in its string
  const EventCourse* const course = courses_.find(usual_type(begin, end));
  if (course == nullptr) return nullptr;
  site_.clear();
  draft_.clear();
  traits_.clear();
  const char* const behind = course->follow(begin, end);
  if (behind == nullptr) return nullptr;
  const bool usual = end - behind >= kTailSize && begins_with(behind, kUsualTail);
  const char* const feed = usual ? behind + kTailSize - 1 : find_special_(behind, end);
  if (feed == nullptr || *feed != '\n') return nullptr;
  courses_.followed();
  draft_.set_known_type(course->number());
  traits_.apply();
  traits_.tell_caller_project();
  size = static_cast<std::size_t>(feed - window.data());
  return draft_.finish(true, static_cast<std::size_t>(behind - begin));
}

}  // namespace vmtrail
