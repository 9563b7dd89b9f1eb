// SPDX-License-Identifier: Apache-2.0
// Messages in JSON: what kind they are, and what they are wrapped in.

#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <simdjson.h>

#include "event/ceilometer.h"
#include "event/output.h"
#include "event/pieces.h"

namespace vmtrail {

/// Decodes JSON texts, unwrapping oslo.messaging's envelope (whose message is JSON in a string) and
/// recorded deliveries (`{"body": "…", "routing_key": …}`, whose body is a JSON text, too).
class JsonDecoder {
 public:
  JsonDecoder(Format format, const TraitNames* names) : format_(format), site_(names) {}

  /// What the JSON text was made from.
  struct Source {
    std::string_view text;
    bool python = false;
    std::string_view request = {};  ///< of a notification that names none itself; empty: unknown
  };

  /// Tells everything in `text`, or returns why it cannot be parsed, having told nothing. kPadding
  /// bytes behind the text are readable.
  [[nodiscard]] std::optional<Flaw> decode(std::string_view text, const Source& source,
                                           Output& output);

 private:
  /// What a value stands in; says which formats it belongs to.
  enum class Wrapping : std::uint8_t { none, oslo, oslo_list, zenoss };

  struct Place {
    std::size_t level;  // of the parser that holds the value
    Wrapping wrapping;
    bool python;
    std::string_view request;
    std::optional<std::size_t> index;             // among the elements of the source's own list
    std::optional<simdjson::dom::element> inner;  // an element of a list further inside
  };

  void value(simdjson::dom::element element, const Place& place, Output& output);
  void object(const Members& members, const Place& place, Output& output);
  void list(simdjson::dom::array list, Place place, Output& output);
  void text_within(std::string_view text, std::string_view what, const Place& place,
                   Output& output);
  void envelope(const Members& members, const Place& place, Output& output);
  void zenoss(const Members& members, const Place& place, Output& output);
  void undecodable(Flaw flaw, const Place& place, Output& output);
  void read(const Members& members, bool notification);
  [[nodiscard]] bool wanted(bool notification, const Place& place) const;
  [[nodiscard]] std::optional<Flaw> parse(std::string_view text, std::size_t level,
                                          simdjson::dom::element& root);

  Format format_;

  // A text within a text needs a parser of its own: recorded delivery, envelope, message.
  std::array<simdjson::dom::parser, 3> parsers_;
  Pieces elements_{{}, false};  // of the source's list, as far as bytes were asked for
  std::size_t elements_taken_ = 0;
  std::string_view element_;  // the last one taken
  SiteTraits site_;
  Draft draft_{site_};
  TraitSet traits_{draft_};
  NumberTexts numbers_;
};

}  // namespace vmtrail
