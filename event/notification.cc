// SPDX-License-Identifier: Apache-2.0
// From payloads to fields.

#include "event/notification.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "event/payload_keys.h"
#include "event/payload_path.h"

namespace vmtrail {
namespace {

namespace dom = simdjson::dom;

void tell(Field field, dom::element value, Draft& draft, NumberTexts& numbers) {
  const Scalar found = scalar(value, numbers);
  switch (found.kind) {
    case Scalar::Kind::text:
      draft.tell_if_untold(field, found.text);
      break;
    case Scalar::Kind::null:
      draft.tell_null(field);
      break;
    case Scalar::Kind::container:
      draft.fail(ErrorCode::wrong_type, name(field));
      break;
  }
}

/// Reads `key` of a versioned object that stands within another; null says nothing.
void tell_inner(Field field, dom::element outer, std::string_view key, Draft& draft,
                NumberTexts& numbers) {
  dom::element data;
  if (outer["nova_object.data"].get(data) != simdjson::SUCCESS) return;
  dom::element value;
  if (data[key].get(value) != simdjson::SUCCESS) return;
  tell(field, value, draft, numbers);
}

void read_versioned(dom::object data, Draft& draft, NumberTexts& numbers) {
  std::uint32_t seen = 0;
  for (const auto& [key, value] : data) {
    const auto known = kVersioned.find(key);
    if (!known) continue;
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(*known);
    if ((seen & bit) != 0) draft.fail(ErrorCode::repeated_key, kVersioned.name(*known));
    seen |= bit;
    if (!is_read(*known, draft.event_type())) continue;
    if (const InnerKey* const inner = inner_key(*known)) {
      tell_inner(inner->field, value, inner->key, draft, numbers);
    } else {
      tell(kVersionedFields[static_cast<std::size_t>(*known)], value, draft, numbers);
    }
  }
}

/// Returns whether the payload is versioned.
bool read_payload(dom::object payload, Draft& draft, NumberTexts& numbers) {
  std::optional<dom::element> data;
  std::uint32_t seen = 0;
  for (const auto& [key, value] : payload) {
    const auto known = kLegacy.find(key);
    if (!known) continue;
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(*known);
    if ((seen & bit) != 0) draft.fail(ErrorCode::repeated_key, kLegacy.name(*known));
    seen |= bit;
    if (*known == Legacy::versioned) {
      data = value;
    } else {
      tell(kLegacyFields[static_cast<std::size_t>(*known)], value, draft, numbers);
    }
  }
  if (!data) return false;
  dom::object object;
  if (data->get(object) == simdjson::SUCCESS) {
    read_versioned(object, draft, numbers);
  } else {
    draft.fail(ErrorCode::wrong_type, kLegacy.name(Legacy::versioned));
  }
  return true;
}

void tell_request(const Members& members, Draft& draft) {
  if (const auto text = members.string(Key::context_request_id)) {
    draft.tell(Field::request_id, *text);
    return;
  }
  for (const Key key : {Key::context, Key::ctxt}) {
    const auto context = members.object(key);
    std::string_view text;
    if (context && (*context)["request_id"].get(text) == simdjson::SUCCESS) {
      draft.tell(Field::request_id, text);
      return;
    }
  }
}

}  // namespace

void read_subject(const Members& members, Draft& draft, NumberTexts& numbers) {
  tell_request(members, draft);
  const auto payload = members.object(Key::payload);
  const bool versioned = payload && read_payload(*payload, draft, numbers);
  if (payload) read_site_keys(*payload, draft, numbers);
  const std::string_view publisher_id = identity(members, Key::publisher_id, draft);
  if (!publisher_id.empty()) draft.tell_publisher(publisher_id, versioned ? ":" : ".");
}

void read_notification(const Members& members, Draft& draft, NumberTexts& numbers) {
  if (!members.repeated().empty()) draft.fail(ErrorCode::repeated_key, members.repeated());
  std::string_view message_id = identity(members, Key::message_id, draft);
  std::string_view timestamp = identity(members, Key::timestamp, draft);
  if (const auto metadata = members.object(Key::metadata)) {
    const Members inner(*metadata);
    if (message_id.empty()) message_id = identity(inner, Key::message_id, draft);
    if (timestamp.empty()) timestamp = identity(inner, Key::timestamp, draft);
  }
  draft.set_message_id(message_id);
  draft.set_event_type(identity(members, Key::event_type, draft));
  draft.set_generated(timestamp);
  read_subject(members, draft, numbers);
}

}  // namespace vmtrail
