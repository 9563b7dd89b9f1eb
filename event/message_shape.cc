// SPDX-License-Identifier: Apache-2.0

#include "event/message_shape.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace vmtrail {
namespace {

std::string_view bytes_of(const Parts& parts, std::size_t begin, std::size_t end) {
  return std::string_view(parts.text).substr(begin, end - begin);
}

/// A string of which the inside begins at `at`; stops at its quote.
template <class Form>
const char* read_text(const MessageShape::Place& place, const char* at,
                      MessageShape::Reading& reading) {
  JsonText<Form> json(reading.end);
  bool escapes = false;
  const char* const quote = json.text_end(at, &escapes);
  if (quote == nullptr) return nullptr;
  if (!json.ascii()) reading.ascii = false;
  std::string_view text(at, static_cast<std::size_t>(quote - at));
  if (escapes && !place.unread) {
    const std::size_t begin = reading.unescaped.size();
    JsonText<Form>::unescape(text, reading.unescaped);
    text = std::string_view(reading.unescaped).substr(begin);
  }
  *place.to = text;
  return quote;
}

/// A value that need not be a string. It is a string only where anything may stand.
template <class Form>
const char* read_other(const MessageShape::Place& place, const char* at,
                       MessageShape::Reading& reading) {
  if (at >= reading.end) return nullptr;
  JsonText<Form> json(reading.end);
  if (place.takes == Part::Takes::value) {
    at = json.value(at, 0);
    if (!json.ascii()) reading.ascii = false;
    return at;
  }
  const std::size_t digits = leading_digits(at);
  const bool whole = digits != 0 && digits != kMostDigits && (*at != '0' || digits == 1);
  if (whole && at[digits] != '.' && !place.only_text) {
    *place.to = {at, digits};
    return at + place.usual.foreseen(digits);
  }
  JsonKind kind{};
  const char* const behind = json.word(at, kind);
  if (behind == nullptr || place.unread) return behind;
  if (kind == JsonKind::null) {
    if (place.null_tells) *place.to = kNullText;
    return behind;
  }
  if (place.only_text || kind == JsonKind::decimal) return nullptr;  // which the judge writes anew
  *place.to = {at, static_cast<std::size_t>(behind - at)};
  return behind;
}

namespace narrow {
using Lanes = Block;
#include "event/message_loop.h"
}  // namespace narrow

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
namespace wide {
using Lanes = WideBlock;
#include "event/message_loop.h"
}  // namespace wide
VMTRAIL_END_WIDE
#endif

}  // namespace

MessageShape::MessageShape(Parts parts) : parts_(std::move(parts)) {
  lay_out();
}

bool MessageShape::read(Reading& reading, Lanes lanes) const {
  const bool bare = parts_.quote == Bare::kQuote;
#if defined(VMTRAIL_HAS_WIDE)
  if (lanes == Lanes::wide) {
    return bare ? wide::read<Bare>(places_.data(), reading)
                : wide::read<Nested>(places_.data(), reading);
  }
#else
  (void)lanes;
#endif
  return bare ? narrow::read<Bare>(places_.data(), reading)
              : narrow::read<Nested>(places_.data(), reading);
}

bool MessageShape::widen(const Parts& other) {
  if (parts_.quote != other.quote || !widen(0, other, 0)) return false;
  lay_out();
  return true;
}

/// Have two containers the same number of values, and the same bytes between them?
bool MessageShape::same_frame(std::size_t part, const Parts& other, std::size_t others) const {
  const Part& ours = parts_.all[part];
  const Part& theirs = other.all[others];
  if (ours.kind != theirs.kind) return false;
  std::size_t our_end = ours.begin;
  std::size_t their_end = theirs.begin;
  std::size_t i = part + 1;
  std::size_t j = others + 1;
  for (;;) {
    const bool our_last = i == ours.next;
    if (our_last != (j == theirs.next)) return false;
    const std::size_t our_next = our_last ? ours.end : parts_.all[i].begin;
    const std::size_t their_next = our_last ? theirs.end : other.all[j].begin;
    if (bytes_of(parts_, our_end, our_next) != bytes_of(other, their_end, their_next)) return false;
    if (our_last) return true;
    our_end = parts_.all[i].end;
    their_end = other.all[j].end;
    i = parts_.all[i].next;
    j = other.all[j].next;
  }
}

bool MessageShape::widen(std::size_t part, const Parts& other, std::size_t others) {
  Part& ours = parts_.all[part];
  const Part& theirs = other.all[others];
  if (ours.takes == Part::Takes::value) return true;
  if (ours.to != theirs.to || ours.fixed != theirs.fixed) return false;
  if (is_container(ours.kind) || is_container(theirs.kind)) {
    if (same_frame(part, other, others)) {
      for (std::size_t i = part + 1, j = others + 1; i != ours.next;
           i = parts_.all[i].next, j = other.all[j].next) {
        if (!widen(i, other, j)) return false;
      }
      return true;
    }
    if (ours.fixed) return false;
    ours.takes = Part::Takes::value;
    return true;
  }
  const bool same =
      bytes_of(parts_, ours.begin, ours.end) == bytes_of(other, theirs.begin, theirs.end);
  if (ours.fixed) return same;
  const bool texts = ours.kind == JsonKind::text && theirs.kind == JsonKind::text;
  const bool differs = !same || theirs.takes != Part::Takes::same;
  if (differs) ours.takes = std::max(ours.takes, texts ? Part::Takes::text : Part::Takes::scalar);
  return true;
}

/// Makes the places of what takes more than the same.
void MessageShape::lay_out() {
  bytes_.clear();
  places_.clear();
  std::vector<std::size_t> offsets;
  std::size_t begin = 0;
  const auto add = [&](std::size_t end) -> Place& {
    const std::string_view bytes = bytes_of(parts_, begin, end);
    offsets.push_back(bytes_.size());
    bytes_.resize(bytes_.size() + bytes.size() / kAlign + 1);
    std::memcpy(reinterpret_cast<char*>(bytes_.data()) + offsets.back() * kAlign, bytes.data(),
                bytes.size());
    Place place{};
    place.size = static_cast<std::ptrdiff_t>(bytes.size());
    return places_.emplace_back(place);
  };
  for (std::size_t i = 0; i != parts_.all.size();) {
    const Part& part = parts_.all[i];
    if (part.takes == Part::Takes::same) {
      ++i;
      continue;
    }
    const std::size_t quote = part.takes == Part::Takes::text ? parts_.quote : 0;
    Place& place = add(part.begin + quote);
    place.takes = part.takes;
    place.only_text = part.only_text;
    place.null_tells = part.null_tells;
    place.unread = part.to == nullptr;
    place.to = place.unread ? &unread_ : part.to;
    begin = part.end - quote;
    i = part.next;
  }
  Place& last = add(parts_.text.size());
  last.takes = Part::Takes::value;
  last.last = true;
  for (std::size_t i = 0; i != places_.size(); ++i) {
    places_[i].bytes = reinterpret_cast<const char*>(bytes_.data()) + offsets[i] * kAlign;
  }
}

}  // namespace vmtrail
