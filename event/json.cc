// SPDX-License-Identifier: Apache-2.0
// What a JSON value is, by its keys.

#include "event/json.h"

#include <string>

#include "event/buffer.h"
#include "event/notification.h"

namespace vmtrail {
namespace {

namespace dom = simdjson::dom;

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

enum class Kind : std::uint8_t {
  oslo_envelope,
  recorded_delivery,
  zenoss_message,
  ceilometer_event,
  notification,
  event_list,
  meter_sample,
  nothing_known,
};

/// Oslo's notifier publisher sends lists of events as notifications of this type, whatever the
/// topic.
bool is_event_list(const Members& members) {
  return members.string(Key::event_type) == "event" && members[Key::payload].is_array();
}

/// Where a recorded delivery has its message: `body`, and RabbitMQ's own tools `payload`.
std::optional<Key> key_of_message(const Members& members) {
  const bool by_amqp = members.has(Key::routing_key);
  if (members.string(Key::body) &&
      (by_amqp || (members.has(Key::method) && members.has(Key::path)))) {
    return Key::body;
  }
  return by_amqp && members.string(Key::payload) ? std::optional(Key::payload) : std::nullopt;
}

Kind kind_of(const Members& members) {
  if (members.has(Key::oslo_message)) return Kind::oslo_envelope;
  if (key_of_message(members)) return Kind::recorded_delivery;
  if (members.has(Key::device) && members.has(Key::type) && members.has(Key::data)) {
    return Kind::zenoss_message;
  }
  const bool named = members.has(Key::event_type) || members.has(Key::message_id);
  if (members.has(Key::traits) && (named || members.has(Key::generated)))
    return Kind::ceilometer_event;
  if (members.has(Key::payload) && (named || members.has(Key::publisher_id))) {
    return is_event_list(members) ? Kind::event_list : Kind::notification;
  }
  if (members.has(Key::counter_name)) return Kind::meter_sample;
  return Kind::nothing_known;
}

}  // namespace

std::optional<Flaw> JsonDecoder::parse(std::string_view text, std::size_t level,
                                       dom::element& root) {
  dom::parser& parser = parsers_[level];
  if (parser.capacity() > kLargeCapacity && text.size() < kSmallText) parser = dom::parser();
  const auto error = parser.parse(text.data(), text.size(), false).get(root);
  if (error != simdjson::SUCCESS) return Flaw{reason_of(error), simdjson::error_message(error)};
  return std::nullopt;
}

std::optional<Flaw> JsonDecoder::decode(std::string_view text, const Source& source,
                                        Output& output) {
  dom::element root;
  if (const auto flaw = parse(text, 0, root)) return flaw;
  Place place{0, Wrapping::none, source.python, source.request, std::nullopt, std::nullopt};
  elements_ = Pieces(source.text, source.python);
  elements_taken_ = 0;
  element_ = source.text;
  dom::array elements;
  if (root.get(elements) != simdjson::SUCCESS) {
    value(root, place, output);
    return std::nullopt;
  }
  place.index = 0;
  for (const dom::element element : elements) {
    value(element, place, output);
    ++*place.index;
  }
  return std::nullopt;
}

/// Tells a flaw with the bytes of what has it: of an element of the source's list as they stand
/// there, of an element further inside as its parsed form is written.
void JsonDecoder::undecodable(Flaw flaw, const Place& place, Output& output) {
  if (place.inner) {
    output.undecodable(flaw, simdjson::minify(*place.inner));
    return;
  }
  for (; place.index && elements_taken_ <= *place.index; ++elements_taken_) {
    element_ = elements_.next().value_or(element_);
  }
  output.undecodable(flaw, element_);
}

void JsonDecoder::value(dom::element element, const Place& place, Output& output) {
  dom::object members;
  if (element.get(members) == simdjson::SUCCESS) {
    object(Members(members), place, output);
  } else {
    undecodable({ErrorCode::not_an_event, {}}, place, output);
  }
}

void JsonDecoder::list(dom::array list, Place place, Output& output) {
  for (const dom::element element : list) {
    place.inner = element;
    value(element, place, output);
  }
}

void JsonDecoder::object(const Members& members, const Place& place, Output& output) {
  const Kind kind = kind_of(members);
  const bool bare = place.wrapping == Wrapping::none;
  const bool wraps = kind == Kind::oslo_envelope || kind == Kind::recorded_delivery ||
                     kind == Kind::zenoss_message || kind == Kind::event_list;
  if (wraps && !members.repeated().empty()) {
    undecodable({ErrorCode::repeated_key, members.repeated()}, place, output);
    return;
  }
  Flaw flaw{ErrorCode::not_an_event, {}};
  switch (kind) {
    case Kind::oslo_envelope:
      if (bare) return envelope(members, place, output);
      break;
    case Kind::recorded_delivery:
      if (bare && place.level == 0) {
        const Key key = *key_of_message(members);
        return text_within(*members.string(key), key == Key::body ? "body" : "payload", place,
                           output);
      }
      break;
    case Kind::zenoss_message:
      if (bare) return zenoss(members, place, output);
      break;
    case Kind::event_list: {
      dom::array events;
      if ((bare || place.wrapping == Wrapping::oslo) &&
          members[Key::payload].get(events) == simdjson::SUCCESS) {
        Place inner = place;
        inner.wrapping = Wrapping::oslo_list;
        return list(events, inner, output);
      }
      break;
    }
    case Kind::ceilometer_event:
    case Kind::notification: {
      const bool notification = kind == Kind::notification;
      if (!wanted(notification, place)) {
        flaw.reason = ErrorCode::wrong_format;
        break;
      }
      read(members, notification);
      if (notification && !place.request.empty() && !draft_.told(Field::request_id)) {
        draft_.tell(Field::request_id, place.request);
      }
      if (const Event* const event = draft_.finish()) return output.event(*event);
      flaw = *draft_.flaw();
      break;
    }
    case Kind::meter_sample:
      return output.sample();
    case Kind::nothing_known:
      break;
  }
  undecodable(flaw, place, output);
}

bool JsonDecoder::wanted(bool notification, const Place& place) const {
  switch (format_) {
    case Format::any:
      return true;
    case Format::log:
      return false;
    case Format::ceilometer:
      return place.wrapping == Wrapping::none && !notification && !place.python;
    case Format::oslo:
      // Version 1 of the envelope is none at all: a bare notification.
      return place.wrapping == Wrapping::oslo || place.wrapping == Wrapping::oslo_list ||
             (place.wrapping == Wrapping::none && notification && !place.python);
    case Format::nova:
      return place.wrapping == Wrapping::none && notification && !place.python;
    case Format::ceilometer_file:
      return place.wrapping == Wrapping::none && !notification;
    case Format::zenoss:
      return place.wrapping == Wrapping::zenoss && !place.python;
  }
  return false;
}

void JsonDecoder::read(const Members& members, bool notification) {
  site_.clear();
  draft_.clear();
  numbers_.clear();
  if (notification) {
    read_notification(members, draft_, numbers_);
  } else {
    traits_.clear();
    const bool file = format_ == Format::ceilometer_file;
    read_ceilometer(members, file ? TraitForms::dictionaries : TraitForms::any, draft_, traits_,
                    numbers_);
  }
}

/// Decodes the text of a recorded delivery or of an envelope, with the next parser.
void JsonDecoder::text_within(std::string_view text, std::string_view what, const Place& place,
                              Output& output) {
  Place inner = place;
  inner.level = place.level + 1;
  dom::element root;
  // No copy: the string lies in the outer parser's buffer, which simdjson makes 5/3 of the outer
  // text and the padding long, and a string with its quotes and what follows it never fills its
  // share.
  if (const auto flaw = parse(text, inner.level, root)) {
    undecodable({flaw->reason, what}, place, output);
    return;
  }
  dom::array elements;
  if (inner.wrapping == Wrapping::none && root.get(elements) == simdjson::SUCCESS) {
    list(elements, inner, output);
  } else {
    value(root, inner, output);
  }
}

void JsonDecoder::envelope(const Members& members, const Place& place, Output& output) {
  Place inner = place;
  inner.wrapping = Wrapping::oslo;
  const dom::element message = members[Key::oslo_message];
  if (const auto text = members.string(Key::oslo_message)) {
    text_within(*text, "oslo.message", inner, output);
  } else if (message.is_object()) {
    value(message, inner, output);
  } else {
    undecodable({ErrorCode::wrong_type, "oslo.message"}, place, output);
  }
}

void JsonDecoder::zenoss(const Members& members, const Place& place, Output& output) {
  Place inner = place;
  inner.wrapping = Wrapping::zenoss;
  const auto type = members.string(Key::type);
  if (type == "event") {
    value(members[Key::data], inner, output);
  } else if (type != "meter") {
    undecodable({ErrorCode::not_an_event, "type"}, place, output);
  } else if (format_ == Format::any || format_ == Format::zenoss) {
    output.sample();
  } else {
    undecodable({ErrorCode::wrong_format, {}}, place, output);
  }
}

}  // namespace vmtrail
