// SPDX-License-Identifier: Apache-2.0
// From Ceilometer's serialised events to fields.

#include "event/ceilometer.h"

#include "event/notification.h"

namespace vmtrail {
namespace {

namespace dom = simdjson::dom;

/// What is read of a trait once its shape has been checked.
struct Parts {
  std::string_view name;
  dom::element value;
};

bool is_dtype(dom::element element) {
  std::int64_t dtype = -1;
  return element.get(dtype) == simdjson::SUCCESS && dtype >= 0 && dtype <= 4;
}

std::optional<Parts> from_triple(dom::array triple) {
  Parts parts;
  std::size_t index = 0;
  for (const dom::element part : triple) {
    if (index == 0 && part.get(parts.name) != simdjson::SUCCESS) return std::nullopt;
    if (index == 1 && !is_dtype(part)) return std::nullopt;
    if (index == 2) parts.value = part;
    if (++index > 3) return std::nullopt;
  }
  return index == 3 ? std::optional(parts) : std::nullopt;
}

std::optional<Parts> from_dictionary(dom::object object, Draft& draft) {
  Parts parts;
  bool has_name = false;
  bool has_value = false;
  bool has_type = false;
  for (const auto& [key, value] : object) {
    bool twice = false;
    if (key == "name") {
      twice = has_name;
      has_name = true;
      if (value.get(parts.name) != simdjson::SUCCESS) return std::nullopt;
    } else if (key == "value") {
      twice = has_value;
      has_value = true;
      parts.value = value;
    } else if (key == "dtype" || key == "type") {
      twice = has_type;
      has_type = true;
      if (key == "dtype" ? !is_dtype(value) : !value.is_string()) return std::nullopt;
    }
    if (twice) draft.fail(ErrorCode::repeated_key, "traits");
  }
  return has_name && has_value ? std::optional(parts) : std::nullopt;
}

void take(const Parts& parts, Draft& draft, TraitSet& traits, NumberTexts& numbers) {
  const auto type = parts.value.type();
  if (type == dom::element_type::ARRAY || type == dom::element_type::OBJECT) {
    draft.fail(ErrorCode::bad_trait, parts.name);
    return;
  }
  const TraitSet::Note note = traits.note(parts.name);
  if (!note.read() || type == dom::element_type::NULL_VALUE) return;
  traits.set(note, parts.name, scalar(parts.value, numbers).text);
}

void read_list(dom::array list, TraitForms forms, Draft& draft, TraitSet& traits,
               NumberTexts& numbers) {
  for (const dom::element element : list) {
    std::optional<Parts> parts;
    if (dom::array triple; element.get(triple) == simdjson::SUCCESS) {
      if (forms == TraitForms::dictionaries) draft.fail(ErrorCode::wrong_format, "traits");
      parts = from_triple(triple);
    } else if (dom::object object; element.get(object) == simdjson::SUCCESS) {
      parts = from_dictionary(object, draft);
    }
    if (!parts) {
      draft.fail(ErrorCode::bad_trait);
      return;
    }
    take(*parts, draft, traits, numbers);
  }
}

void read_traits(dom::element element, TraitForms forms, Draft& draft, TraitSet& traits,
                 NumberTexts& numbers) {
  if (dom::array list; element.get(list) == simdjson::SUCCESS) {
    read_list(list, forms, draft, traits, numbers);
  } else if (dom::object values; element.get(values) == simdjson::SUCCESS) {
    if (forms == TraitForms::dictionaries) draft.fail(ErrorCode::wrong_format, "traits");
    for (const auto& [name, value] : values) take(Parts{name, value}, draft, traits, numbers);
  } else {
    draft.fail(ErrorCode::wrong_type, "traits");
  }
}

void read_raw(const Members& raw, Draft& draft, NumberTexts& numbers) {
  if (!raw.repeated().empty()) draft.fail(ErrorCode::repeated_key, raw.repeated());
  Draft notification(draft.site());
  notification.set_event_type(draft.event_type());
  read_subject(raw, notification, numbers);
  if (const auto flaw = notification.flaw()) draft.fail(flaw->reason, flaw->detail);
  if (draft.told(Field::instance_id) && notification.told(Field::instance_id) &&
      !same_instance(draft[Field::instance_id], notification[Field::instance_id])) {
    draft.fail(ErrorCode::conflicting_traits, "raw");
  }
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const Field field = static_cast<Field>(i);
    draft.tell_if_untold(field, notification[field]);
  }
}

}  // namespace

void read_ceilometer(const Members& members, TraitForms forms, Draft& draft, TraitSet& traits,
                     NumberTexts& numbers) {
  if (!members.repeated().empty()) draft.fail(ErrorCode::repeated_key, members.repeated());
  draft.set_message_id(identity(members, Key::message_id, draft));
  draft.set_event_type(identity(members, Key::event_type, draft));
  draft.set_generated(identity(members, Key::generated, draft));
  read_traits(members[Key::traits], forms, draft, traits, numbers);
  traits.apply();
  if (const auto raw = members.object(Key::raw)) read_raw(Members(*raw), draft, numbers);
  traits.tell_caller_project();
}

}  // namespace vmtrail
