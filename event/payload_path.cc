// SPDX-License-Identifier: Apache-2.0

#include "event/payload_path.h"

namespace vmtrail {
namespace {

namespace dom = simdjson::dom;

/// The member of that name; one that is there twice is a flaw.
std::optional<dom::element> member(dom::object object, std::string_view key, Draft& draft) {
  std::optional<dom::element> found;
  for (const auto& [name, value] : object) {
    if (name != key) continue;
    if (found) draft.fail(ErrorCode::repeated_key, key);
    found = value;
  }
  return found;
}

dom::object opened(dom::object object) {
  dom::object data;
  return object["nova_object.data"].get(data) == simdjson::SUCCESS ? data : object;
}

std::optional<dom::element> at_path(dom::object object, std::string_view path, Draft& draft) {
  while (true) {
    object = opened(object);
    if (const auto whole = member(object, path, draft)) return whole;
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto outer = member(object, path.substr(0, dot), draft);
    if (!outer || outer->get(object) != simdjson::SUCCESS) return std::nullopt;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

void read_site_keys(dom::object payload, Draft& draft, NumberTexts& numbers) {
  SiteTraits& site = draft.site();
  if (site.none()) return;
  for (const TraitNames::Alias& alias : site.aliases()) {
    const auto found = at_path(payload, alias.name, draft);
    if (!found) continue;
    const Scalar value = scalar(*found, numbers);
    if (value.kind == Scalar::Kind::text) draft.tell_alias(alias.field, value.text, alias.name);
    if (value.kind == Scalar::Kind::container) draft.fail(ErrorCode::wrong_type, alias.name);
    if (value.kind == Scalar::Kind::null && !draft.told(alias.field)) {
      draft.tell_null(alias.field);
    }
  }
  for (const std::string& name : site.wanted()) {
    if (site.has(name)) continue;
    const auto found = at_path(payload, name, draft);
    if (!found) continue;
    const Scalar value = scalar(*found, numbers);
    if (value.kind == Scalar::Kind::text) site.keep(name, value.text);
  }
}

}  // namespace vmtrail
