// SPDX-License-Identifier: Apache-2.0
// Summaries with placeholders.

#include <array>
#include <utility>

#include "rules/parse.h"

namespace vmtrail {

namespace {

using Slot = SummaryTemplate::Slot;

struct Spelled {
  std::string_view name;
  Slot slot;
  bool of_absence;
};

constexpr std::array<Spelled, 15> kSlots = {{
    {"name", Slot::name, true},
    {"id", Slot::id, true},
    {"project_id", Slot::project_id, true},
    {"host", Slot::host, true},
    {"from", Slot::from, false},
    {"to", Slot::to, false},
    {"event_type", Slot::event_type, true},
    {"rule", Slot::rule, true},
    {"message_id", Slot::message_id, true},
    {"operation", Slot::operation, false},
    {"source", Slot::source, false},
    {"destination", Slot::destination, false},
    {"outcome", Slot::outcome, false},
    {"confidence", Slot::confidence, true},
    {"time", Slot::time, true},
}};
constexpr std::string_view kTrait = "trait.";

SummaryTemplate::Piece placeholder(const YAML::Node& node, std::string_view spelled,
                                   SlotsOf allowed) {
  WordList words;
  for (const Spelled& one : kSlots) {
    if (allowed == SlotsOf::absence && !one.of_absence) continue;
    if (one.name == spelled) return {one.slot, {}};
    words.push_back(one.name);
  }
  if (allowed == SlotsOf::record) {
    if (spelled.starts_with(kTrait) && spelled.size() > kTrait.size()) {
      return {Slot::trait, std::string(spelled.substr(kTrait.size()))};
    }
    words.push_back("trait.NAME");
  }
  throw Mistake(node.Mark(), expected_one_of("placeholder", spelled, words));
}

}  // namespace

SummaryTemplate parse_summary(const YAML::Node& node, SlotsOf allowed) {
  const std::string text = scalar(node, "summary");
  SummaryTemplate result;
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) result.pieces.push_back({Slot::text, std::exchange(plain, {})});
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '}' || c == '{') {
      if (at + 1 < text.size() && text[at + 1] == c) {
        plain += c;
        ++at;
        continue;
      }
      const std::size_t close = c == '{' ? text.find_first_of("{}", at + 1) : std::string::npos;
      if (close == std::string::npos || text[close] == '{') {
        throw Mistake(node.Mark(), std::string("a '") + c + "' stands alone in the summary; " +
                                       "a brace that is meant is written twice");
      }
      end_plain();
      result.pieces.push_back(
          placeholder(node, std::string_view(text).substr(at + 1, close - at - 1), allowed));
      at = close;
    } else {
      plain += c;
    }
  }
  end_plain();
  if (result.empty()) throw Mistake(node.Mark(), "'summary' is empty");
  return result;
}

}  // namespace vmtrail
