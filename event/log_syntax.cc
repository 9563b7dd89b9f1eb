// SPDX-License-Identifier: Apache-2.0

#include "event/log_syntax.h"

#include <algorithm>

#include "vmtrail/event.h"
#include "vmtrail/time.h"

namespace vmtrail {
namespace {

constexpr std::string_view kEvent = "<Event: ";
constexpr std::string_view kTrait = "<Trait: ";
constexpr std::string_view kComma = ", ";
constexpr std::size_t kNone = std::string_view::npos;

/// Takes what stands before the next ", "; no part of a header is longer than a text may be.
std::optional<std::string_view> take_part(std::string_view& text) {
  const std::size_t end = text.substr(0, kMaxText + kComma.size()).find(kComma);
  if (end == kNone) return std::nullopt;
  const std::string_view part = text.substr(0, end);
  if (part.find_first_of("<>") != kNone) return std::nullopt;
  text.remove_prefix(end + kComma.size());
  return part;
}

}  // namespace

std::optional<LogHeader> read_header(std::string_view text) {
  if (!text.starts_with(kEvent)) return std::nullopt;
  text.remove_prefix(kEvent.size());
  const auto message_id = take_part(text);
  if (!message_id) return std::nullopt;
  const auto event_type = take_part(text);
  if (!event_type || event_type->find_first_of(" ,") != kNone) return std::nullopt;
  const auto generated = take_part(text);
  if (!generated) return std::nullopt;
  return LogHeader{*message_id, *event_type, *generated, text};
}

bool begins_event(std::string_view text) {
  const auto header = read_header(text);
  return header && !header->message_id.empty() && !header->event_type.empty() &&
         parse_time(header->generated);
}

std::size_t find_event(std::string_view line, std::size_t from) {
  for (std::size_t at = line.find(kEvent, from); at != kNone; at = line.find(kEvent, at + 1)) {
    if (begins_event(line.substr(at))) return at;
  }
  return kNone;
}

std::optional<LogTraitHead> read_trait_head(std::string_view text) {
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
  return LogTraitHead{text.substr(kTrait.size(), name_size),
                      kTrait.size() + name_size + dtype.size()};
}

}  // namespace vmtrail
