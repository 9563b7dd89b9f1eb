// SPDX-License-Identifier: Apache-2.0
//
// What it relies on: oslo.messaging sends `{"oslo.version": …, "oslo.message": "…"}` with a
// notification as json.dumps() writes it in the string, or that by itself, and Nova's notifications
// of one type have the same keys in the same order, or a few such orders. So a message is compared
// with one before it, whose text has been checked byte by byte and cut into its values, and only
// what stands where values have differed is looked at. Where they have differed, but in no more
// than their characters, as ids do, it is checked with the bytes around it, many at a time.
//
// Whatever is different, or is a flaw of the event, it leaves to JsonDecoder, which is the judge:
// tests/event_scan_test.cc and fuzz/scan_fuzz.cc hold the two equal.
//
// Reading ahead: a comparison begins where the text ends or before, and goes at most 32 bytes
// beyond; what it compares, and with it the beginning of the search for a text's end that may
// follow, less than that. So nothing behind the padding is read.

#include "event/message_scan.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <simdjson.h>

#include "event/buffer.h"

namespace vmtrail {
namespace {

constexpr int kBucketBits = 6;  // of MessageScan::kBuckets

/// By the end of an event type, with what stands before a short one.
std::uint64_t hash(std::string_view event_type) {
  std::array<std::uint64_t, 2> words{};
  static_assert(sizeof words == MessageGlance::kBefore);
  std::memcpy(words.data(), event_type.data() + event_type.size() - sizeof words, sizeof words);
  return ((words[0] ^ event_type.size()) * 0x9e3779b97f4a7c15U + words[1]) * 0x9e3779b97f4a7c15U;
}

}  // namespace

/// Does the format have it? A message without an envelope is version 1 of it.
bool MessageScan::allowed(const Parts& parts, MessageKind kind) const {
  const bool nova = parts.quote == Bare::kQuote && kind != MessageKind::event;
  return format_ == Format::any || format_ == Format::oslo || (format_ == Format::nova && nova);
}

/// What read_payload() and read_site_keys() make of them.
void MessageScan::tell_site_keys(const std::vector<SiteValue>& values) {
  const auto is_null = [](const SiteValue& one) { return one.value->data() == kNullText.data(); };
  for (const SiteValue& one : values) {
    if (!one.field) continue;
    if (is_null(one)) {
      draft_.tell_null(*one.field);
    } else {
      draft_.tell_if_untold(*one.field, *one.value);
    }
  }
  const auto find = [&](std::string_view name) {
    return std::ranges::find(values, name, &SiteValue::name);
  };
  for (const TraitNames::Alias& alias : site_.aliases()) {
    const auto found = find(alias.name);
    if (found == values.end()) continue;
    if (!is_null(*found)) {
      draft_.tell_alias(alias.field, *found->value, alias.name);
    } else if (!draft_.told(alias.field)) {
      draft_.tell_null(alias.field);
    }
  }
  for (const std::string& name : site_.wanted()) {
    const auto found = find(name);
    if (found != values.end() && !is_null(*found)) site_.keep(name, *found->value);
  }
}

MessageScan::Read MessageScan::read(Known& known, Width width, std::string_view text, Extent extent,
                                    bool in_input) {
  const MessageKind kind = known.meaning.kind;
  site_.clear();
  draft_.clear();
  heading_.clear();
  if (kind == MessageKind::event) traits_.clear();
  unescaped_.clear();
  MessageReading reading{.at = text.data(),
                         .end = text.data() + text.size(),
                         .unescaped = unescaped_,
                         .in_line = extent == Extent::line};
  const bool fits =
      width == Width::same ? known.shape.read(reading, lanes_) : known.shape.read_widening(reading);
  if (!fits) return {Finding::other_shape};
  const auto size = static_cast<std::size_t>(reading.end - text.data());
  if (!reading.ascii && !simdjson::validate_utf8(text.data(), size)) {
    return {Finding::flawed};
  }
  draft_.set_message_id(heading_.message_id);
  draft_.set_event_type(heading_.event_type);
  draft_.set_generated(heading_.generated);
  if (kind == MessageKind::event) {
    for (const SiteValue& one : known.meaning.site) {
      const TraitSet::Note note = traits_.note(one.name);
      if (one.value->data() != kNullText.data()) traits_.set(note, one.name, *one.value);
    }
    traits_.apply();
    traits_.tell_caller_project();
  } else {
    // Where the payload tells a request as well, the context's counts.
    if (heading_.request_id.data() != nullptr) {
      draft_.tell(Field::request_id, heading_.request_id);
    }
    if (!known.meaning.site.empty()) tell_site_keys(known.meaning.site);
    if (!heading_.publisher_id.empty()) {
      draft_.tell_publisher(heading_.publisher_id, kind == MessageKind::versioned ? ":" : ".");
    }
  }
  if (heading_.event_type == known.event_type) draft_.set_known_type(known.number);
  const Event* const event = draft_.finish(in_input && unescaped_.empty());
  return {event != nullptr ? Finding::event : Finding::flawed, event, size};
}

bool MessageScan::read_learnt(Known& known, std::string_view text, Output& output) {
  Read found = read(known, Width::same, text, Extent::all, output.in_input());
  if (found.finding == Finding::other_shape) {
    found = read(known, Width::any, text, Extent::all, output.in_input());
  }
  if (found.finding != Finding::event) return false;
  output.event(*found.event);
  return true;
}

bool MessageScan::learn(Bucket& bucket, std::string_view text,
                        const MessageCutter::Expected& expected, Output& output) {
  if (bucket.pause != 0) {
    --bucket.pause;
    return false;
  }
  const auto in_vain = [&] {
    bucket.pause = bucket.next_pause;
    bucket.next_pause = std::min(bucket.next_pause * 2, kMaxPause);
  };
  if (!cutter_.cut(text, expected, parts_, meaning_) || !allowed(parts_, meaning_.kind)) {
    in_vain();
    return false;
  }
  for (const auto& known : bucket.known) {
    if (known == nullptr || known->meaning.kind != meaning_.kind ||
        known->event_type != expected.event_type) {
      continue;
    }
    if (known->shape.widen(parts_)) return read_learnt(*known, text, output);
  }
  const auto free =
      std::ranges::find_if(bucket.known, [](const auto& known) { return known == nullptr; });
  if (free == bucket.known.end()) in_vain();
  auto& place = free != bucket.known.end() ? *free : bucket.known[bucket.oldest++ % Bucket::kWays];
  place = std::make_unique<Known>(std::move(parts_), std::move(meaning_), expected.event_type,
                                  hash(expected.event_type), next_number());
  parts_ = {};
  meaning_ = {};
  for (const Bucket& other : buckets_) {
    const Known* const known = other.known.front().get();
    if (known != nullptr && known != place.get() && place->shape.widen_like(known->shape)) break;
  }
  return read_learnt(*place, text, output);
}

bool MessageScan::decode(std::string_view text, Output& output) {
  if (text.size() > kMaxSize || !text.starts_with("{\"")) return false;
  const auto expected = glance_.look(text);
  if (!expected) return false;
  const std::uint64_t hashed = hash(expected->event_type);
  Bucket& bucket = buckets_[hashed >> (64 - kBucketBits)];
  begin_anew(unescaped_, text.size());
  if (unescaped_.capacity() < text.size()) unescaped_.reserve(2 * text.size());
  for (const Width width : {Width::same, Width::any}) {
    for (std::size_t i = 0; i != Bucket::kWays && bucket.known[i] != nullptr; ++i) {
      if (bucket.known[i]->hash != hashed) continue;
      const Read found = read(*bucket.known[i], width, text, Extent::all, output.in_input());
      if (found.finding == Finding::other_shape) continue;
      bucket.fitted(i);
      if (found.finding == Finding::flawed) return false;
      output.event(*found.event);
      return true;
    }
  }
  return learn(bucket, text, *expected, output);
}

// What fits holds no line feed: JsonText takes none, wherever it stands.
const Event* MessageScan::decode_line(std::string_view window, std::size_t& size) {
  const std::string_view front = window.substr(0, kMaxSize);
  const auto expected = glance_.look_again(front);
  if (!expected) return nullptr;
  const std::uint64_t hashed = hash(expected->event_type);
  Bucket& bucket = buckets_[hashed >> (64 - kBucketBits)];
  if (unescaped_.capacity() < front.size()) unescaped_.reserve(2 * front.size());
  for (std::size_t i = 0; i != Bucket::kWays && bucket.known[i] != nullptr; ++i) {
    Known& known = *bucket.known[i];
    if (known.hash != hashed) continue;
    const Read found = read(known, Width::same, front, Extent::line, true);
    if (found.finding == Finding::other_shape) continue;
    bucket.fitted(i);
    size = found.size;
    return found.event;
  }
  return nullptr;
}

}  // namespace vmtrail
