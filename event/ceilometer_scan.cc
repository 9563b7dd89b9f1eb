// SPDX-License-Identifier: Apache-2.0
// The walk along a serialised event.
//
// What it relies on: Ceilometer's publishers write json.dumps() of `{"message_id", "event_type",
// "generated", "traits": [[name, dtype, value], …], "raw": {}}` (ceilometer/event/models.py,
// publisher/http.py), one or a list of them, with the keys in this order, one blank or none behind
// every comma and colon, and no other; `raw` may be left out, a message_signature may follow. Names
// are strings without escapes, and values strings, seldom with escapes, whole numbers, or null.
//
// It checks every byte that it passes, so it takes nothing that is not JSON. Whatever is different,
// or is a flaw of the event, it leaves to JsonDecoder, which is the judge: tests/event_scan_test.cc
// and fuzz/scan_fuzz.cc hold the two equal.
//
// Of most events the course is known (event_course.h), and the walk takes only the others trait by
// trait.
//
// Reading ahead: every search of a string's end begins before the end of the text, and so does
// every number, and a search goes at most 32 bytes beyond; what is compared between two of them is
// shorter than the other half of kPadding. In the middle of the list of traits it is trait_loop.h
// that walks.

#include "event/ceilometer_scan.h"

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include <simdjson.h>

#include "event/block.h"
#include "event/buffer.h"
#include "event/json_text.h"
#include "event/scanning.h"
#include "vmtrail/ids.h"

namespace vmtrail {
namespace {

constexpr std::size_t kMostKept = 128;  // events

/// As json.dumps() separates by default.
struct Spaced {
  static constexpr char kMessageId[] = R"({"message_id": ")";
  static constexpr char kEventType[] = R"(", "event_type": ")";
  static constexpr char kGenerated[] = R"(", "generated": ")";
  static constexpr char kTraits[] = R"(", "traits": [)";
  static constexpr char kBeforeTrait[] = "], ";
  static constexpr char kComma[] = ", ";
  static constexpr char kRaw[] = R"(, "raw": {})";
  static constexpr char kSignature[] = R"(, "message_signature": ")";
};

/// As most others write JSON.
struct Compact {
  static constexpr char kMessageId[] = R"({"message_id":")";
  static constexpr char kEventType[] = R"(","event_type":")";
  static constexpr char kGenerated[] = R"(","generated":")";
  static constexpr char kTraits[] = R"(","traits":[)";
  static constexpr char kBeforeTrait[] = "],";
  static constexpr char kComma[] = ",";
  static constexpr char kRaw[] = R"(,"raw":{})";
  static constexpr char kSignature[] = R"(,"message_signature":")";
};

template <std::size_t kLength>
constexpr std::size_t size_of(const char (&)[kLength]) {
  return kLength - 1;
}

/// Is the event at `at` in the first form, or else in the second? So many bytes are readable.
bool is_spaced(const char* at) {
  return at[size_of(Spaced::kMessageId) - 2] == ' ';
}

/// The type of the event at `at`, if it stands where it does behind the usual message id, and is
/// not too long.
template <class Form>
std::string_view usual_type(const char* at, const char* end) {
  constexpr std::size_t kBegin = size_of(Form::kMessageId) + kUuidSize + size_of(Form::kEventType);
  static_assert(kBegin >= EventCourses::kBefore);
  if (end - at < static_cast<std::ptrdiff_t>(kBegin)) return {};
  at += kBegin;
  for (std::size_t size = 0; size != kPadding; size += Block::kSize) {
    const Block::Bits ends = Block(at + size).ends_json();
    if (ends != 0) return {at, size + static_cast<std::size_t>(std::countr_zero(ends))};
  }
  return {};
}

std::string_view usual_type(const char* at, const char* end) {
  return is_spaced(at) ? usual_type<Spaced>(at, end) : usual_type<Compact>(at, end);
}

/// Walks along one text. What takes something that stands at `at` returns what follows it; nullptr:
/// it is for the judge.
class Walk {
 public:
  Walk(std::string_view text, Draft& draft, TraitSet& traits, TraitHeads& heads,
       EventCourses& courses, CeilometerScan::UsualSizes& usual, std::string& unescaped)
      : text_(text),
        end_(text.data() + text.size()),
        draft_(draft),
        traits_(traits),
        heads_(heads),
        courses_(courses),
        usual_(usual),
        unescaped_(unescaped) {}

  /// The event, as far as it can be told without the end of the text.
  const char* event(const char* at);
  /// The last event, which began and ended there, was told: others may be like it.
  void learn(const char* begin, const char* end);
  /// Once all of the text has been walked over.
  [[nodiscard]] bool valid_utf8() const {
    return ascii_ || simdjson::validate_utf8(text_.data(), text_.size());
  }

 private:
  void clear();
  template <class Form>
  const char* event_in(const char* at);
  template <class Form>
  const char* traits(const char* at);
  template <class Form>
  const char* first_trait(const char* at, TraitHeads::Walk& walk);
  template <class Form>
  const char* unexpected(const char* at, bool first, TraitHeads::Walk& walk);
  const char* value(const char* at, std::string_view& value);
  const char* escaped(const char* at, std::string_view& value);
  const char* unquoted(const char* at, std::string_view& value);
  const char* unusual_number(const char* at, std::string_view& value);
  const char* string_end(const char* at);
  const char* string_end_beyond_ascii(const char* at);

  std::string_view text_;
  const char* end_;
  Draft& draft_;
  TraitSet& traits_;
  TraitHeads& heads_;
  EventCourses& courses_;
  CeilometerScan::UsualSizes& usual_;
  std::string& unescaped_;

  bool ascii_ = true;
  std::string_view usual_type_;  // of the last event; empty: it stands elsewhere
  bool followed_ = false;        // the last event was one whose course is known
};

/// Where the string whose inside begins at `at` ends: at its quote.
inline const char* Walk::string_end(const char* at) {
  for (; at < end_; at += Block::kSize) {
    const Block::Bits ends = Block(at).ends_json();
    if (ends == 0) continue;
    at += std::countr_zero(ends);
    return *at == '"' ? at : string_end_beyond_ascii(at);
  }
  return nullptr;
}

const char* Walk::string_end_beyond_ascii(const char* at) {
  if (*at == '\\') return nullptr;
  ascii_ = false;
  for (; at < end_; ++at) {
    if (*at == '"') return at;
    if (*at == '\\' || static_cast<unsigned char>(*at) < 0x20) return nullptr;
  }
  return nullptr;
}

/// A whole number as it is printed, or null: of that the value has no data().
const char* Walk::unusual_number(const char* at, std::string_view& value) {
  constexpr std::size_t kMaxDigits = 18;  // fit 64 bits
  if (begins_with(at, "null")) {
    value = {};
    return at + 4;
  }
  const char* const digits = *at == '-' ? at + 1 : at;
  const char* rest = digits;
  while (*rest >= '0' && *rest <= '9' && rest != digits + kMaxDigits) ++rest;
  if (rest == digits || *digits == '0') return nullptr;
  value = {at, static_cast<std::size_t>(rest - at)};
  return rest;
}

inline const char* Walk::unquoted(const char* at, std::string_view& value) {
  if (at >= end_) return nullptr;
  const std::size_t digits = leading_digits(at);
  if (digits == 0 || digits == kMostDigits || (*at == '0' && digits != 1)) {
    return unusual_number(at, value);
  }
  value = {at, digits};
  return at + digits;
}

/// A string that may have escapes in it.
const char* Walk::escaped(const char* at, std::string_view& value) {
  JsonText<Bare> json(end_);
  const char* const quote = json.text_end(at);
  if (quote == nullptr) return nullptr;
  if (!json.ascii()) ascii_ = false;
  // All of the event fit in, so that no text moves.
  if (unescaped_.empty() && unescaped_.capacity() < text_.size()) unescaped_.reserve(text_.size());
  const std::size_t begin = unescaped_.size();
  json.unescape({at, static_cast<std::size_t>(quote - at)}, unescaped_);
  value = std::string_view(unescaped_).substr(begin);
  return quote + 1;
}

/// Most often the quote of a string has been taken with what stands before it.
inline const char* Walk::value(const char* at, std::string_view& value) {
  if (at[-1] != '"') {
    if (*at != '"') return unquoted(at, value);
    ++at;
  }
  const char* const quote = string_end(at);
  if (quote == nullptr) return escaped(at, value);
  value = {at, static_cast<std::size_t>(quote - at)};
  return quote + 1;
}

/// A trait that was not expected. If its name is known, its head is learnt. `first`: nothing that
/// separates it stands before it.
template <class Form>
const char* Walk::unexpected(const char* at, bool first, TraitHeads::Walk& walk) {
  const char* const begin = at;
  const auto take = [&](const auto& separator) {
    const bool there = begins_with(at, separator);
    at += size_of(separator);
    return there;
  };
  if (!take(Form::kBeforeTrait) && !first) return nullptr;
  if (!take("[\"")) return nullptr;
  const char* const quote = string_end(at);
  if (quote == nullptr) return nullptr;
  const std::string_view name(at, static_cast<std::size_t>(quote - at));
  at = quote + 1;
  if (!take(Form::kComma) || *at < '0' || *at > '4') return nullptr;
  ++at;
  if (!take(Form::kComma)) return nullptr;
  if (*at == '"') ++at;

  const auto size = static_cast<std::size_t>(at - begin);
  const auto known = find_trait_name(name);
  std::string_view text;
  at = value(at, text);
  if (at == nullptr) return nullptr;
  if (known && size <= TraitHeads::kMaxSize && !draft_.site().names(name)) {
    std::array<char, TraitHeads::kMaxSize> bytes;
    std::memcpy(bytes.data(), begin, size);
    std::memcpy(bytes.data(), Form::kBeforeTrait, size_of(Form::kBeforeTrait));
    const TraitHeads::Head& head = heads_.learn(walk, *known, {bytes.data(), size});
    *head.slot = text;
    walk.take(head);
  } else if (const TraitSet::Note note = traits_.note(name); note.read()) {
    if (text.data() != nullptr) traits_.set(note, name, text);
  }
  return at;
}

/// Heads have with them what separates them from the trait before, which this one has not.
template <class Form>
const char* Walk::first_trait(const char* at, TraitHeads::Walk& walk) {
  constexpr std::size_t kBefore = size_of(Form::kBeforeTrait);
  constexpr TraitHeads::Bits kSkipped = (TraitHeads::Bits{1} << kBefore) - 1;
  at -= kBefore;
  const TraitHeads::Head& head = walk.previous->next();
  if ((head.needed() & ~(Block::same(at, head.bytes()) | kSkipped)) != 0) {
    return unexpected<Form>(at, true, walk);
  }
  at += head.size();
  const char* const end = value(at, *head.slot);
  if (end == nullptr) return nullptr;
  walk.take(head);
  return at + head.usual.foreseen(static_cast<std::size_t>(end - at));
}

/// `at` is behind the bracket that opens the list. Stops at the bracket that closes it.
template <class Form>
const char* Walk::traits(const char* at) {
  if (*at == ']') return at;
  TraitHeads::Walk walk = heads_.begin();
  at = first_trait<Form>(at, walk);
  for (; at != nullptr; at = unexpected<Form>(at, false, walk)) {
    at = heads_.take_json(at, end_, walk);
    if (begins_with(at, "]]")) break;
  }
  if (at == nullptr || at >= end_ || walk.repeated()) return nullptr;
  return traits_.note_all(walk.seen) ? at + 1 : nullptr;
}

template <class Form>
const char* Walk::event_in(const char* at) {
  std::string_view text;
  const auto take = [&](const auto& key) {
    if (!begins_with(at, key)) return false;
    const char* const begin = at + size_of(key);
    at = string_end(begin);
    if (at == nullptr) return false;
    text = {begin, static_cast<std::size_t>(at - begin)};
    return true;
  };
  if (!take(Form::kMessageId)) return nullptr;
  at = text.data() + usual_.message_id.foreseen(text.size());
  draft_.set_message_id(text);
  if (!take(Form::kEventType)) return nullptr;
  draft_.set_event_type(text);
  if (!take(Form::kGenerated)) return nullptr;
  at = text.data() + usual_.generated.foreseen(text.size());
  draft_.set_generated(text);
  if (!begins_with(at, Form::kTraits)) return nullptr;
  at = traits<Form>(at + size_of(Form::kTraits));
  if (at == nullptr) return nullptr;
  ++at;
  if (begins_with(at, Form::kRaw)) at += size_of(Form::kRaw);
  if (*at == ',') {
    if (!take(Form::kSignature)) return nullptr;
    ++at;
  }
  return *at == '}' ? at + 1 : nullptr;
}

inline void Walk::clear() {
  draft_.site().clear();
  draft_.clear();
  traits_.clear();
  begin_anew(unescaped_, text_.size());
}

/// The event at `at`, if there is nothing wrong with it.
const char* Walk::event(const char* at) {
  if (at >= end_) return nullptr;
  clear();
  usual_type_ = usual_type(at, end_);
  const EventCourse* const course = courses_.find(usual_type_);
  const char* end = course == nullptr ? nullptr : course->follow(at, end_);
  followed_ = end != nullptr;
  if (followed_) {
    courses_.followed();
    draft_.set_known_type(course->number());
  } else {
    if (course != nullptr) clear();
    end = is_spaced(at) ? event_in<Spaced>(at) : event_in<Compact>(at);
    if (end == nullptr) return nullptr;
  }
  traits_.apply();
  traits_.tell_caller_project();
  return end;
}

void Walk::learn(const char* begin, const char* end) {
  const bool usual = usual_type_.data() == draft_.event_type().data() && ascii_;
  if (followed_ || !usual || !unescaped_.empty() || !courses_.may_learn()) return;
  const std::string_view text(begin, static_cast<std::size_t>(end - begin));
  if (auto layout = layout_of_json(text, draft_, traits_)) {
    courses_.learn(usual_type_, std::move(*layout));
  }
}

}  // namespace

/// All or nothing is told. Of a list the first events are kept until the rest has been walked over;
/// those from the first that cannot be kept are walked along twice.
bool CeilometerScan::decode(std::string_view text, Output& output) {
  const char* const end = text.data() + text.size();
  const bool list = text.front() == '[';
  const char* const first = text.data() + (list ? 1 : 0);
  Walk walk(text, draft_, traits_, heads_, courses_, usual_, unescaped_);
  const auto next = [&](const char*& at, bool& last) -> const Event* {
    const char* const begin = at;
    at = walk.event(at);
    if (at == nullptr) return nullptr;
    const Event* const event = draft_.finish(output.in_input() && unescaped_.empty());
    if (event != nullptr) walk.learn(begin, at);
    last = list ? *at == ']' && at + 1 == end : at == end;
    if (last) return event;
    if (!list || *at != ',') return nullptr;
    at += at[1] == ' ' ? 2 : 1;
    return event;
  };

  kept_.clear();
  const char* again = nullptr;
  bool last = false;
  for (const char* at = first; !last;) {
    const char* const begin = at;
    const Event* const event = next(at, last);
    if (event == nullptr || (last && !walk.valid_utf8())) return false;
    if (last && begin == first) {
      output.event(*event);
      return true;
    }
    if (again != nullptr) continue;
    if (kept_.size() < kMostKept && unescaped_.empty() && event->traits.empty()) {
      kept_.push_back(*event);
    } else {
      again = begin;
    }
  }
  for (const Event& event : kept_) output.event(event);
  last = again == nullptr;
  while (!last) output.event(*next(again, last));
  return true;
}

const Event* CeilometerScan::decode_line(std::string_view window, std::size_t& size) {
  const char* const end = window.data() + window.size();
  const EventCourse* const course = courses_.find(usual_type(window.data(), end));
  if (course == nullptr) return nullptr;
  site_.clear();
  draft_.clear();
  traits_.clear();
  const char* const at = course->follow(window.data(), end);
  if (at == nullptr || at == end || *at != '\n') return nullptr;
  courses_.followed();
  draft_.set_known_type(course->number());
  traits_.apply();
  traits_.tell_caller_project();
  size = static_cast<std::size_t>(at - window.data());
  return draft_.finish(true, size);
}

}  // namespace vmtrail
