// SPDX-License-Identifier: Apache-2.0
//
// What is refused here is what read_notification() and read_ceilometer() find a flaw in or look at
// beyond what stands in the way of a message as oslo.messaging sends it: keys that make it another
// kind of message, known keys that occur twice, values of the wrong type, fractions where a field
// is told, paths of more than one key that a site's rules name.

#include "event/message_parts.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "event/json_value.h"
#include "event/payload_keys.h"

namespace vmtrail {
namespace {

constexpr std::size_t kUsualParts = 128;
constexpr std::size_t kMostParts = 2048;

/// Known keys that have been passed.
class Seen {
 public:
  /// False: it had been passed before.
  bool note(std::size_t key) {
    const std::uint64_t bit = std::uint64_t{1} << key;
    const bool first = (keys_ & bit) == 0;
    keys_ |= bit;
    return first;
  }
  [[nodiscard]] bool has(std::size_t key) const { return (keys_ >> key & 1) != 0; }
  [[nodiscard]] bool only(std::size_t key) const { return keys_ == std::uint64_t{1} << key; }

 private:
  std::uint64_t keys_ = 0;
};

/// What a site's rules name, and what has been found of it.
struct Site {
  const SiteTraits& names;
  std::span<std::string_view> room;
  std::vector<SiteValue>& found;

  /// Where the value goes; nullptr: there is one of that name.
  [[nodiscard]] std::string_view* add(std::string_view name, std::optional<Field> field) const {
    const auto same = [&](const SiteValue& one) { return one.name == name; };
    if (std::ranges::any_of(found, same)) return nullptr;
    std::string_view* const value = &room[found.size()];
    found.push_back({std::string(name), value, field});
    return value;
  }

  /// Does a path of several keys begin with that one?
  [[nodiscard]] bool path_begins_with(std::string_view key) const {
    const auto begins = [&](std::string_view path) {
      return path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.';
    };
    return std::ranges::any_of(names.aliases(), begins, &TraitNames::Alias::name) ||
           std::ranges::any_of(names.wanted(), begins);
  }
};

/// Walks along one message. What takes something returns false if it is not there.
template <class Form>
class Walk {
 public:
  /// The message begins at `at`.
  Walk(const char* at, std::string_view text, const MessageCutter::Expected& expected, Parts& parts,
       Site site)
      : begin_(text.data()),
        at_(at),
        end_(begin_ + text.size()),
        json_(end_),
        event_type_(expected.event_type),
        list_of_events_(expected.in_list),
        all_(parts.all),
        site_(site) {}

  bool message(Heading& heading, Draft& draft, TraitSet& traits);
  [[nodiscard]] const char* at() const { return at_; }
  [[nodiscard]] bool ascii() const { return json_.ascii(); }
  [[nodiscard]] MessageKind kind() const { return kind_; }

 private:
  bool member(std::string_view name, Heading& heading, Draft& draft, TraitSet& traits);
  bool payload(std::string_view name, Seen& seen, Draft& draft);
  bool versioned(std::string_view name, Seen& seen, Draft& draft);
  bool inner_object(const InnerKey& wanted, Draft& draft);
  bool event(Heading& heading, TraitSet& traits);
  bool trait(TraitSet& traits, Seen& seen, std::vector<std::string_view>& others);

  bool any();
  bool unknown(std::string_view name);
  bool field(std::string_view name, Field field, Draft& draft) {
    if (site_.names.names(name)) return site_value(name, field);
    if (site_.path_begins_with(name)) return false;
    return field_of_nova(field, draft);
  }
  bool site_value(std::string_view name, std::optional<Field> field) {
    std::string_view* const to = site_.add(name, field);
    return to != nullptr && scalar({.to = to, .null_tells = true});
  }
  bool field_of_nova(Field field, Draft& draft) {
    const bool none = field == Field::payload_host || field == Field::task_state;
    return scalar({.to = &draft.slot(field), .null_tells = none});
  }
  bool scalar(const Wanted& wanted);
  bool the_same(std::string_view text, std::string_view* to = nullptr);
  bool fixed_null();
  bool text(std::string_view& inside, bool escapes_too);
  template <class Each>
  bool object(bool fixed, const Each& each);
  template <class Each>
  bool list(bool fixed, const Each& each);
  template <class Each>
  bool members(char close, const Each& each);

  [[nodiscard]] bool is(char c) const { return at_ < end_ && *at_ == c; }
  [[nodiscard]] bool is_text() const { return at_ < end_ && Form::quote(at_); }
  bool go(const char* to) {
    if (to == nullptr || to > end_) return false;
    at_ = to;
    return true;
  }
  bool separator(char c) { return go(json_.separator(at_, c)); }
  std::size_t open(JsonKind kind) {
    Part part{.kind = kind};
    part.begin = offset();
    all_.push_back(part);
    return all_.size() - 1;
  }
  bool close(std::size_t part) {
    all_[part].end = offset();
    all_[part].next = all_.size();
    return all_.size() < kMostParts;
  }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  const char* begin_;
  const char* at_;
  const char* end_;
  JsonText<Form> json_;
  std::string_view event_type_;
  bool list_of_events_;
  std::vector<Part>& all_;
  Site site_;

  Seen keys_;
  std::size_t depth_ = 0;
  MessageKind kind_ = MessageKind::legacy;
};

template <class Form>
bool Walk<Form>::text(std::string_view& inside, bool escapes_too) {
  if (!is_text()) return false;
  const char* const begin = at_ + Form::kQuote;
  bool escapes = false;
  const char* const quote = json_.text_end(begin, &escapes);
  if (quote == nullptr || (escapes && !escapes_too)) return false;
  inside = {begin, static_cast<std::size_t>(quote - begin)};
  return go(quote + Form::kQuote);
}

template <class Form>
template <class Each>
bool Walk<Form>::members(char close, const Each& each) {
  if (depth_ == JsonText<Form>::kMaxDepth) return false;
  ++depth_;
  ++at_;
  for (bool first = true; !is(close); first = false) {
    if (!first && !separator(',')) return false;
    if (!each()) return false;
  }
  --depth_;
  return go(at_ + 1);
}

template <class Form>
template <class Each>
bool Walk<Form>::object(bool fixed, const Each& each) {
  if (!is('{')) return false;
  const std::size_t part = open(JsonKind::object);
  all_[part].fixed = fixed;
  return members('}',
                 [&] {
                   std::string_view name;
                   return text(name, !fixed) && separator(':') && each(name);
                 }) &&
         close(part);
}

template <class Form>
template <class Each>
bool Walk<Form>::list(bool fixed, const Each& each) {
  if (!is('[')) return false;
  const std::size_t part = open(JsonKind::list);
  all_[part].fixed = fixed;
  return members(']', each) && close(part);
}

/// A value that is not read.
template <class Form>
bool Walk<Form>::any() {
  if (is('{')) return object(false, [&](std::string_view) { return any(); });
  if (is('[')) return list(false, [&] { return any(); });
  const std::size_t part = open(JsonKind::text);
  std::string_view inside;
  return (is_text() ? text(inside, true) : go(json_.word(at_, all_[part].kind))) && close(part);
}

/// A value in a payload whose key is not Nova's.
template <class Form>
bool Walk<Form>::unknown(std::string_view name) {
  if (site_.names.names(name)) return site_value(name, std::nullopt);
  return !site_.path_begins_with(name) && any();
}

template <class Form>
bool Walk<Form>::scalar(const Wanted& wanted) {
  if (is('{') || is('[')) return false;
  const std::size_t part = all_.size();
  if (!any()) return false;
  Part& taken = all_[part];
  taken.wanted = wanted;
  switch (taken.kind) {
    case JsonKind::text: {
      const std::string_view inside(begin_ + taken.begin + Form::kQuote,
                                    taken.end - taken.begin - 2 * Form::kQuote);
      taken.takes = std::ranges::all_of(inside, is_common) ? Takes::as_long : Takes::text;
      return true;
    }
    case JsonKind::null:
      taken.takes = wanted.null_tells ? Takes::scalar : Takes::same;
      return true;
    case JsonKind::decimal:
      return false;
    default:
      return !wanted.only_text;
  }
}

/// A text that all messages of the shape have.
template <class Form>
bool Walk<Form>::the_same(std::string_view wanted, std::string_view* to) {
  std::string_view inside;
  const std::size_t part = open(JsonKind::text);
  all_[part].fixed = true;
  all_[part].wanted.to = to;
  return text(inside, false) && inside == wanted && close(part);
}

template <class Form>
bool Walk<Form>::fixed_null() {
  const std::size_t part = all_.size();
  if (is('{') || is('[') || is_text() || !any()) return false;
  all_[part].fixed = true;
  return all_[part].kind == JsonKind::null;
}

template <class Form>
bool Walk<Form>::inner_object(const InnerKey& wanted, Draft& draft) {
  if (!is('{')) return fixed_null();
  Seen seen;
  return object(true, [&](std::string_view name) {
    if (name != "nova_object.data") return any();
    return seen.note(0) && object(true, [&](std::string_view key) {
             if (key != wanted.key) return any();
             return seen.note(1) && field_of_nova(wanted.field, draft);
           });
  });
}

template <class Form>
bool Walk<Form>::versioned(std::string_view name, Seen& seen, Draft& draft) {
  const auto known = kVersioned.find(name);
  if (!known) return unknown(name);
  const auto key = static_cast<std::size_t>(*known);
  if (!seen.note(key)) return false;
  if (!is_read(*known, event_type_)) return unknown(name);
  if (const InnerKey* const inner = inner_key(*known)) {
    return !site_.names.names(name) && !site_.path_begins_with(name) && inner_object(*inner, draft);
  }
  return field(name, kVersionedFields[key], draft);
}

template <class Form>
bool Walk<Form>::payload(std::string_view name, Seen& seen, Draft& draft) {
  const auto known = kLegacy.find(name);
  if (!known) return kind_ == MessageKind::versioned ? any() : unknown(name);
  const auto key = static_cast<std::size_t>(*known);
  // Both kinds of keys in one payload: nobody sends it.
  if (kind_ == MessageKind::versioned || !seen.note(key)) return false;
  if (*known != Legacy::versioned) return field(name, kLegacyFields[key], draft);
  if (!seen.only(key) || !site_.found.empty()) return false;
  kind_ = MessageKind::versioned;
  Seen inner;
  return object(true, [&](std::string_view part) { return versioned(part, inner, draft); });
}

template <class Form>
bool Walk<Form>::trait(TraitSet& traits, Seen& seen, std::vector<std::string_view>& others) {
  std::size_t index = 0;
  std::string_view name;
  std::optional<std::size_t> known;
  const bool well = list(true, [&] {
    switch (index++) {
      case 0:
        if (!text(name, false)) return false;
        known = find_trait_name(name);
        if (known) return seen.note(*known);
        others.push_back(name);
        return true;
      case 1:
        if (at_ >= end_ || *at_ < '0' || *at_ > '4') return false;
        ++at_;
        return true;
      case 2:
        if (is('{') || is('[')) return false;
        if (site_.names.names(name)) return site_value(name, std::nullopt);
        if (!known || *known >= kTraitCount) return any();
        return scalar({.to = &traits.slot(*known)});
      default:
        return false;
    }
  });
  return well && index == 3;
}

/// The event of a list that holds no more.
template <class Form>
bool Walk<Form>::event(Heading& heading, TraitSet& traits) {
  Seen keys;
  return object(true,
                [&](std::string_view name) {
                  const auto known = find_key(name);
                  if (!known) return any();
                  if (!keys.note(static_cast<std::size_t>(*known))) return false;
                  switch (*known) {
                    case Key::message_id:
                      return scalar({.to = &heading.message_id, .only_text = true});
                    case Key::generated:
                      return scalar({.to = &heading.generated, .only_text = true});
                    case Key::event_type:
                      return the_same(event_type_, &heading.event_type);
                    case Key::traits: {
                      Seen seen;
                      std::vector<std::string_view> others;
                      if (!list(true, [&] { return trait(traits, seen, others); })) return false;
                      std::ranges::sort(others);
                      return std::ranges::adjacent_find(others) == others.end();
                    }
                    case Key::raw:
                      if (!is('{')) return fixed_null();
                      return object(true, [](std::string_view) { return false; });
                    default:
                      return false;
                  }
                }) &&
         keys.has(static_cast<std::size_t>(Key::traits)) &&
         keys.has(static_cast<std::size_t>(Key::event_type));
}

template <class Form>
bool Walk<Form>::member(std::string_view name, Heading& heading, Draft& draft, TraitSet& traits) {
  const auto known = find_key(name);
  if (!known) return any();
  if (!keys_.note(static_cast<std::size_t>(*known))) return false;
  switch (*known) {
    case Key::message_id:
      if (list_of_events_) return any();
      return scalar({.to = &heading.message_id, .only_text = true});
    case Key::timestamp:
      if (list_of_events_) return any();
      return scalar({.to = &heading.generated, .only_text = true});
    case Key::publisher_id:
      return scalar({.to = &heading.publisher_id, .only_text = true});
    case Key::context_request_id:
      return scalar({.to = &heading.request_id, .only_text = true});
    case Key::event_type:
      return list_of_events_ ? the_same("event") : the_same(event_type_, &heading.event_type);
    case Key::payload: {
      if (list_of_events_) {
        bool first = true;
        kind_ = MessageKind::event;
        return list(true, [&] { return std::exchange(first, false) && event(heading, traits); }) &&
               !first;
      }
      Seen seen;
      return object(true, [&](std::string_view key) { return payload(key, seen, draft); });
    }
    default:
      return false;
  }
}

template <class Form>
bool Walk<Form>::message(Heading& heading, Draft& draft, TraitSet& traits) {
  return object(true,
                [&](std::string_view name) { return member(name, heading, draft, traits); }) &&
         keys_.has(static_cast<std::size_t>(Key::payload)) &&
         keys_.has(static_cast<std::size_t>(Key::event_type));
}

/// Where the message begins within its envelope; nullptr: there is no such envelope.
const char* envelope(std::string_view text) {
  const char* const end = text.data() + text.size();
  JsonText<Bare> json(end);
  const char* at = text.data();
  const auto literal = [&](std::string_view wanted) {
    const bool there = at != nullptr &&
                       std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(wanted);
    at = there ? at + wanted.size() : nullptr;
    return there;
  };
  const auto separator = [&](char c) {
    at = json.separator(at, c);
    return at != nullptr && at <= end;
  };
  if (!literal("{\"oslo.version\"") || !separator(':') || !literal("\"")) return nullptr;
  bool escapes = false;
  at = json.text_end(at, &escapes);
  if (at == nullptr || escapes || !json.ascii() || !literal("\"") || !separator(','))
    return nullptr;
  if (!literal("\"oslo.message\"") || !separator(':') || !literal("\"")) return nullptr;
  return at;
}

}  // namespace

bool MessageCutter::cut(std::string_view text, const Expected& expected, Parts& parts,
                        Meaning& meaning) const {
  static constexpr std::string_view kEnd = "\"}";
  meaning.site.clear();
  parts.all.clear();
  parts.all.reserve(kUsualParts);
  parts.all.push_back({.kind = JsonKind::object, .fixed = true, .end = text.size()});
  const auto walk = [&]<class Form>(Form, const char* at, std::string_view end) {
    Walk<Form> one(at, text, expected, parts, {draft_.site(), site_, meaning.site});
    if (!one.message(heading_, draft_, traits_)) return false;
    const char* const rest = one.at();
    if (text.substr(static_cast<std::size_t>(rest - text.data())) != end) return false;
    meaning.kind = one.kind();
    parts.quote = Form::kQuote;
    return one.ascii() || simdjson::validate_utf8(text.data(), text.size());
  };
  const char* const nested = envelope(text);
  if (nested == nullptr ? !walk(Bare{}, text.data(), {}) : !walk(Nested{}, nested, kEnd))
    return false;
  parts.all.front().next = parts.all.size();
  parts.text = text;
  return true;
}

}  // namespace vmtrail
