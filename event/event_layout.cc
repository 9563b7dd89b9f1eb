// SPDX-License-Identifier: Apache-2.0

#include "event/event_layout.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vmtrail {
namespace {

using Takes = EventLayout::Takes;

/// The parts of an event before its traits, in their order.
constexpr std::size_t kHeaderCount = 3;
constexpr std::size_t kMessageId = 0;
constexpr std::size_t kGenerated = 2;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Adds one value after the other.
class LayoutWriter {
 public:
  LayoutWriter(std::string_view text, Draft& draft, TraitSet& traits)
      : draft_(draft), traits_(traits) {
    layout_.text = text;
  }

  [[nodiscard]] bool in_header() const { return layout_.values.size() < kHeaderCount; }

  /// What belongs to no trait: a part of the header, or what stands behind the traits.
  void add_outside(std::size_t begin, std::size_t end) {
    const std::size_t part = layout_.values.size();
    std::string_view* const to = in_header() ? draft_.header_slots()[part] : nullptr;
    const Takes takes = part == kMessageId           ? Takes::word
                        : part == EventLayout::kType ? Takes::same
                                                     : Takes::text;
    layout_.values.push_back({begin, end, takes, part == kGenerated, to});
  }

  void add_text(std::string_view name, std::size_t begin, std::size_t end) {
    add(name, begin, end, Takes::text);
  }

  /// Or null, which is told by not being told.
  void add_bare(std::string_view name, std::size_t begin, std::size_t end) {
    const std::string_view value = std::string_view(layout_.text).substr(begin, end - begin);
    if (value == "null") return;
    const bool plain = std::all_of(value.begin(), value.end(), is_digit);
    add(name, begin, end, plain ? Takes::number : Takes::same);
  }

  [[nodiscard]] std::optional<EventLayout> finish() {
    if (!known_ || in_header() || layout_.values.size() > kMostValues) return std::nullopt;
    return std::move(layout_);
  }

 private:
  void add(std::string_view name, std::size_t begin, std::size_t end, Takes takes) {
    if (draft_.site().names(name)) known_ = false;
    const auto known = find_trait_name(name);
    layout_.values.push_back(
        {begin, end, takes, false, known ? traits_.read_slot(*known) : nullptr});
  }

  Draft& draft_;
  TraitSet& traits_;
  EventLayout layout_;
  bool known_ = true;
};

}  // namespace

std::optional<EventLayout> layout_of_json(std::string_view text, Draft& draft, TraitSet& traits) {
  if (text.size() > kMostLaidOut) return std::nullopt;
  LayoutWriter layout(text, draft, traits);
  std::string_view name;   // of the trait
  std::size_t scalar = 0;  // of its three
  bool in_list = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '[' || c == ']') {
      // A trait begins or ends, or the list of them.
      in_list = c == '[' || (text[at - 1] != '[' && text[at - 1] != ']');
      scalar = 0;
    } else if (c == '"') {
      const std::size_t end = text.find('"', at + 1);
      if (in_list && scalar == 0) name = text.substr(at + 1, end - at - 1);
      if (in_list && scalar == 2) layout.add_text(name, at + 1, end);
      if (!in_list && text[end + 1] != ':') layout.add_outside(at + 1, end);
      ++scalar;
      at = end;
    } else if (in_list && c != ',' && c != ' ') {
      const std::size_t end = text.find_first_of(",]", at);
      if (scalar == 2) layout.add_bare(name, at, end);
      ++scalar;
      at = end - 1;
    }
  }
  return layout.finish();
}

std::optional<EventLayout> layout_of_logged(std::string_view text, Draft& draft, TraitSet& traits) {
  if (text.size() > kMostLaidOut) return std::nullopt;
  constexpr std::string_view kEvent = "<Event: ";
  constexpr std::string_view kTrait = "<Trait: ";
  LayoutWriter layout(text, draft, traits);
  std::size_t at = kEvent.size();
  while (layout.in_header()) {
    const std::size_t end = text.find(',', at);
    layout.add_outside(at, end);
    at = end + 2;
  }
  for (at = text.find(kTrait, at); at < text.size(); at = text.find(kTrait, at)) {
    const std::size_t name = at + kTrait.size();
    const std::size_t type = text.find(' ', name) + 1;
    const std::size_t begin = text.find(' ', type) + 1;
    at = text.find('>', begin);
    layout.add_text(text.substr(name, type - 1 - name), begin, at);
  }
  return layout.finish();
}

}  // namespace vmtrail
