// SPDX-License-Identifier: Apache-2.0
// Telling events and traits apart in a text that escapes nothing.

#include "event/log.h"

#include <algorithm>

#include <simdjson.h>

#include "event/syntax.h"

namespace vmtrail {
namespace {

constexpr std::string_view kEvent = "<Event: ";
constexpr std::string_view kTrait = "<Trait: ";
constexpr std::string_view kNextTrait = "> <Trait: ";
constexpr std::string_view kComma = ", ";
constexpr std::size_t kNone = std::string_view::npos;

struct Header {
  std::string_view message_id;
  std::string_view event_type;
  std::string_view generated;
  std::string_view rest;  // after `<Event: ID, TYPE, TIME, `
};

/// Takes what stands before the next ", "; no part of a header is longer than a text may be.
std::optional<std::string_view> take_part(std::string_view& text) {
  const std::size_t end = text.substr(0, kMaxText + kComma.size()).find(kComma);
  if (end == kNone) return std::nullopt;
  const std::string_view part = text.substr(0, end);
  if (part.find_first_of("<>") != kNone) return std::nullopt;
  text.remove_prefix(end + kComma.size());
  return part;
}

/// Reads `<Event: ID, TYPE, TIME, ` at the front of `text`.
std::optional<Header> read_header(std::string_view text) {
  if (!text.starts_with(kEvent)) return std::nullopt;
  text.remove_prefix(kEvent.size());
  const auto message_id = take_part(text);
  if (!message_id) return std::nullopt;
  const auto event_type = take_part(text);
  if (!event_type || event_type->find_first_of(" ,") != kNone) return std::nullopt;
  const auto generated = take_part(text);
  if (!generated) return std::nullopt;
  return Header{*message_id, *event_type, *generated, text};
}

/// Where the next event begins, at or after `from`: only a whole header, of which nothing is
/// missing, makes an event within what could be another's value.
std::size_t find_event(std::string_view line, std::size_t from) {
  for (std::size_t at = line.find(kEvent, from); at != kNone; at = line.find(kEvent, at + 1)) {
    const auto header = read_header(line.substr(at));
    if (header && !header->message_id.empty() && !header->event_type.empty() &&
        parse_time(header->generated)) {
      return at;
    }
  }
  return kNone;
}

struct TraitHead {
  std::string_view name;
  std::size_t size;  // of `<Trait: NAME DTYPE `
};

std::optional<TraitHead> read_trait_head(std::string_view text) {
  if (!text.starts_with(kTrait)) return std::nullopt;
  const auto of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
  };
  const auto* const begin = text.begin() + kTrait.size();
  const auto* const end = std::find_if_not(begin, text.end(), of_name);
  const std::string_view dtype = text.substr(static_cast<std::size_t>(end - text.begin()), 3);
  if (end == begin || dtype.size() < 3) return std::nullopt;
  if (dtype[0] != ' ' || dtype[1] < '0' || dtype[1] > '4' || dtype[2] != ' ') return std::nullopt;
  const auto name_size = static_cast<std::size_t>(end - begin);
  return TraitHead{text.substr(kTrait.size(), name_size), kTrait.size() + name_size + dtype.size()};
}

/// Where the value at `from` ends: at the `>` before the next trait, or at the last byte.
std::size_t find_value_end(std::string_view section, std::size_t from) {
  for (std::size_t at = section.find(kNextTrait, from); at != kNone;
       at = section.find(kNextTrait, at + 1)) {
    if (read_trait_head(section.substr(at + 2))) return at;
  }
  return section.size() - 1;
}

}  // namespace

/// `section` is `<Trait: …> <Trait: …>`.
void LogDecoder::read_traits(std::string_view section) {
  std::size_t at = 0;
  while (at < section.size()) {
    const auto head = read_trait_head(section.substr(at));
    if (!head || at + head->size >= section.size()) {
      draft_.fail(ErrorCode::bad_trait);
      return;
    }
    const std::size_t value = at + head->size;
    const std::size_t end = find_value_end(section, value);
    if (const TraitSet::Note note = traits_.note(head->name); note.read()) {
      traits_.set(note, head->name, section.substr(value, end - value));
    }
    at = end + 2;
  }
}

/// `text` begins with `<Event:` and ends where the next event begins.
void LogDecoder::event(std::string_view text, Output& output) {
  const std::size_t last = text.rfind('>');
  text = text.substr(0, last == kNone ? last : last + 1);
  const auto header = read_header(text);
  if (!header) {
    output.undecodable({last == kNone ? ErrorCode::incomplete : ErrorCode::not_an_event, {}}, text);
    return;
  }
  site_.clear();
  draft_.clear();
  if (!simdjson::validate_utf8(text.data(), text.size())) draft_.fail(ErrorCode::invalid_utf8);
  draft_.set_message_id(header->message_id);
  draft_.set_event_type(header->event_type);
  draft_.set_generated(header->generated);
  traits_.clear();
  if (header->rest.ends_with(">>")) {
    read_traits(header->rest.substr(0, header->rest.size() - 1));
  } else if (header->rest != ">") {
    draft_.fail(ErrorCode::unterminated_trait);
  }
  traits_.apply();
  traits_.tell_caller_project();
  output.draft(draft_, text);
}

bool LogDecoder::decode(std::string_view line, Output& output) {
  std::size_t begin = line.find(kEventMark);
  if (begin == kNone) return false;
  while (begin != kNone) {
    const std::size_t next = find_event(line, begin + 1);
    event(line.substr(begin, next == kNone ? next : next - begin), output);
    begin = next;
  }
  return true;
}

}  // namespace vmtrail
