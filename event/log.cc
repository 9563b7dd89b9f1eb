// SPDX-License-Identifier: Apache-2.0
// Telling events and traits apart in a text that escapes nothing.

#include "event/log.h"

#include <simdjson.h>

#include "event/log_syntax.h"
#include "event/syntax.h"

namespace vmtrail {
namespace {

constexpr std::string_view kNextTrait = "> <Trait: ";
constexpr std::size_t kNone = std::string_view::npos;

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

void LogDecoder::decode(std::string_view text, Output& output) {
  for (std::size_t begin = 0; begin != kNone;) {
    const std::size_t next = find_event(text, begin + 1);
    event(text.substr(begin, next == kNone ? next : next - begin), output);
    begin = next;
  }
}

}  // namespace vmtrail
