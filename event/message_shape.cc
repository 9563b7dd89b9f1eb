// SPDX-License-Identifier: Apache-2.0

#include "event/message_shape.h"

#include <algorithm>
#include <cstring>

namespace vmtrail {
namespace {

std::string_view bytes_of(const Parts& parts, std::size_t begin, std::size_t end) {
  return std::string_view(parts.text).substr(begin, end - begin);
}

std::string_view bytes_of(const Parts& parts, const Part& part) {
  return bytes_of(parts, part.begin, part.end);
}

bool all_common(std::string_view text) {
  return std::ranges::all_of(text, is_common);
}

bool is_text(std::string_view value) {
  return value.front() == '"' || value.front() == '\\';
}

std::string_view inside(std::string_view text, std::size_t quote) {
  return text.substr(quote, text.size() - 2 * quote);
}

/// What a place must take for both scalars to stand in it.
Takes takes_both(std::string_view one, std::string_view other, std::size_t quote) {
  if (one == other) return Takes::same;
  if (!is_text(one) || !is_text(other)) return Takes::scalar;
  const bool as_long = one.size() == other.size() && all_common(inside(one, quote)) &&
                       all_common(inside(other, quote));
  return as_long ? Takes::as_long : Takes::text;
}

/// Any value that may stand for the part.
template <class Form>
const char* read_value(const Part& part, const char* at, MessageReading& reading) {
  if (at >= reading.end) return nullptr;
  if (part.takes == Takes::value) return read_any<Form>(at, reading);
  if (!Form::quote(at)) return read_word<Form>(part.wanted, at, reading);
  at = read_text<Form>(part.wanted, at + Form::kQuote, reading);
  return at != nullptr ? at + Form::kQuote : nullptr;
}

}  // namespace

bool MessageShape::read_widening(MessageReading& reading) {
  const bool bare = parts_.quote == Bare::kQuote;
  if (!(bare ? read_parts<Bare>(reading) : read_parts<Nested>(reading))) return false;
  auto found = found_.begin();
  for (std::size_t i = next_value(0); i != parts_.all.size(); i = next_value(parts_.all[i].next)) {
    Part& part = parts_.all[i];
    if (part.fixed) continue;
    if (part.takes < *found) laid_out_ = false;
    part.takes = std::max(part.takes, *found++);
  }
  return true;
}

/// The first part from that one on which is no frame around others.
std::size_t MessageShape::next_value(std::size_t part) const {
  const auto is_value = [](const Part& one) {
    return !is_container(one.kind) || one.takes == Takes::value;
  };
  while (part != parts_.all.size() && !is_value(parts_.all[part])) ++part;
  return part;
}

template <class Form>
bool MessageShape::read_parts(MessageReading& reading) {
  const char* at = reading.at;
  std::size_t begin = 0;
  const auto same = [&](std::size_t end) {
    const std::string_view bytes = bytes_of(parts_, begin, end);
    const auto size = static_cast<std::ptrdiff_t>(bytes.size());
    if (reading.end - at < size || std::memcmp(at, bytes.data(), bytes.size()) != 0) return false;
    at += size;
    begin = end;
    return true;
  };
  found_.clear();
  for (std::size_t i = next_value(0); i != parts_.all.size(); i = next_value(parts_.all[i].next)) {
    const Part& part = parts_.all[i];
    if (!same(part.begin)) return false;
    const char* const value = at;
    if (part.fixed) {
      if (!same(part.end)) return false;
      const std::string_view bytes(value, part.end - part.begin);
      if (part.wanted.to != nullptr) *part.wanted.to = inside(bytes, Form::kQuote);
      continue;
    }
    at = read_value<Form>(part, at, reading);
    if (at == nullptr || at > reading.end) return false;
    const std::string_view bytes(value, static_cast<std::size_t>(at - value));
    const bool any = part.takes == Takes::value;
    found_.push_back(any ? Takes::value : takes_both(bytes_of(parts_, part), bytes, Form::kQuote));
    begin = part.end;
  }
  return same(parts_.text.size()) && at == reading.end;
}

bool MessageShape::widen(const Parts& other) {
  if (parts_.quote != other.quote || !widen(0, other, 0)) return false;
  laid_out_ = false;
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
  if (ours.takes == Takes::value) return true;
  if (ours.wanted.to != theirs.wanted.to || ours.fixed != theirs.fixed) return false;
  if (is_container(ours.kind) || is_container(theirs.kind)) {
    if (same_frame(part, other, others)) {
      for (std::size_t i = part + 1, j = others + 1; i != ours.next;
           i = parts_.all[i].next, j = other.all[j].next) {
        if (!widen(i, other, j)) return false;
      }
      return true;
    }
    if (ours.fixed) return false;
    ours.takes = Takes::value;
    return true;
  }
  const Takes both = takes_both(bytes_of(parts_, ours), bytes_of(other, theirs), parts_.quote);
  if (ours.fixed) return both == Takes::same;
  ours.takes = std::max({ours.takes, theirs.takes, both});
  return true;
}

bool MessageShape::widen_like(const MessageShape& other) {
  const std::vector<Part>& theirs = other.parts_.all;
  const auto alike = [](const Part& a, const Part& b) {
    return is_container(a.kind) == is_container(b.kind) && a.next == b.next && a.fixed == b.fixed &&
           a.wanted.to == b.wanted.to;
  };
  if (parts_.quote != other.parts_.quote || !std::ranges::equal(parts_.all, theirs, alike)) {
    return false;
  }
  for (std::size_t i = 0; i != theirs.size(); ++i) {
    Part& part = parts_.all[i];
    if (part.fixed) continue;
    part.takes = std::max(part.takes, theirs[i].takes);
    if (is_container(part.kind)) continue;
    part.takes = std::max(part.takes, takes_both(bytes_of(parts_, part),
                                                 bytes_of(other.parts_, theirs[i]), parts_.quote));
  }
  laid_out_ = false;
  return true;
}

/// Makes the places of what takes more than the same.
void MessageShape::lay_out() {
  laid_out_ = true;
  // A layout has nothing beyond ASCII that is the same.
  if (!is_ascii(parts_.text)) {
    for (Part& part : parts_.all) {
      if (part.kind != JsonKind::text || part.fixed || is_ascii(bytes_of(parts_, part))) continue;
      part.takes = std::max(part.takes, Takes::text);
    }
  }
  layout_.clear(parts_.text.size());
  std::size_t begin = 0;
  for (std::size_t i = next_value(0); i != parts_.all.size(); i = next_value(parts_.all[i].next)) {
    const Part& part = parts_.all[i];
    const bool captured = part.wanted.to != nullptr && part.kind != JsonKind::null;
    if (part.takes == Takes::same && !captured) continue;
    const bool text = part.kind == JsonKind::text && part.takes <= Takes::text;
    const std::size_t quote = text ? parts_.quote : 0;
    const std::size_t size = part.end - part.begin - 2 * quote;
    layout_.add_same(bytes_of(parts_, begin, part.begin + quote));
    if (part.takes > Takes::as_long) {
      layout_.add_place(part.takes, part.wanted);
    } else {
      if (captured) layout_.capture(part.wanted.to, size);
      if (part.takes == Takes::as_long) {
        layout_.add_common(size);
      } else {
        layout_.add_same(bytes_of(parts_, part.begin + quote, part.end - quote));
      }
    }
    begin = part.end - quote;
  }
  layout_.add_same(bytes_of(parts_, begin, parts_.text.size()));
  layout_.finish();
}

}  // namespace vmtrail
