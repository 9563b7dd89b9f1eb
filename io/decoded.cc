// SPDX-License-Identifier: Apache-2.0

#include "io/decoded.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kShort = 16;
constexpr std::size_t kBlock = kPadding;  // of text that is copied without a loop
constexpr std::size_t kFarthest = std::numeric_limits<std::uint16_t>::max();  // place in a frame

constexpr std::array kSeldom = {Field::instance_id,         Field::request_id, Field::deleted_at,
                                Field::audit_period_ending, Field::binary,     Field::disabled,
                                Field::forced_down};
constexpr std::array kOften = {Field::display_name,   Field::project_id,   Field::publisher_service,
                               Field::publisher_host, Field::payload_host, Field::state,
                               Field::old_state,      Field::task_state,   Field::power_state,
                               Field::flavor};
static_assert(kSeldom.size() + kOften.size() == kFieldCount);

// Unrolled, each with a constant.
template <const auto& fields, class Do>
void for_each_of(Do apply) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (apply(fields[i]), ...);
  }
  (std::make_index_sequence<fields.size()>());
}

}  // namespace

inline bool DecodedWriter::in_frame(std::string_view text) const {
  // Unsigned: what stands before the frame is far behind its end. Text that there is none of is as
  // good as in the frame.
  const auto at = reinterpret_cast<std::uintptr_t>(text.data()) -
                  reinterpret_cast<std::uintptr_t>(frame_.bytes.data());
  return static_cast<bool>(static_cast<unsigned>(at < frame_.bytes.size()) |
                           static_cast<unsigned>(text.empty()));
}

void DecodedWriter::begin(Decoded& to, Frames frames, bool near) {
  to.clear();
  to_ = &to;
  bytes_.begin(to.bytes_, near);
  frames_ = frames;
  last_ = Frame();
}

void DecodedWriter::decode(MatchingDecoder& decoder, const Frame& frame) {
  matcher_ = &decoder.matcher;
  frame_ = frame;
  pending_ = true;
  decoder.decoder.decode(frame, *this);
  begin_frame();
}

/// Can the frame be told by its distance from the last?
inline bool DecodedWriter::follows_last() const {
  const auto step = reinterpret_cast<std::uintptr_t>(frame_.bytes.data()) -
                    reinterpret_cast<std::uintptr_t>(last_.bytes.data());
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return last_.bytes.data() != nullptr && step <= kMost && frame_.offset - last_.offset == step &&
         frame_.line - last_.line <= kMost && frame_.bytes.size() <= kMost && frame_.padded &&
         !frame_.too_long;
}

inline void DecodedWriter::begin_frame() {
  if (!pending_) return;
  pending_ = false;
  last_ = frame_;
  bytes_.wrote(put_bytes(bytes_.room(sizeof(Decoded::FrameHead)),
                         Decoded::FrameHead{Decoded::Kind::frame, frame_}));
}

// There is room for a block more.
inline char* DecodedWriter::put_text(char* to, std::string_view text) const {
  if (text.empty()) return to;
  if (text.size() <= kBlock && in_frame(text)) {
    // What stands in a frame is followed by as much that may be read.
    std::memcpy(to, text.data(), kShort);
    if (text.size() > kShort) std::memcpy(to + kShort, text.data() + kShort, kBlock - kShort);
  } else if (text.size() <= kMaxText) {
    std::memcpy(to, text.data(), text.size());
  } else {
    std::abort();  // the decoder breaks its word
  }
  return to + text.size();
}

void DecodedWriter::on_event(const Event& event) {
  const Matched matched(event, matcher_->match(event));
  if (!matched.instance && !event[Field::instance_id].empty()) to_->needs_frames_ = true;
  if (!(pending_ && follows_last())) begin_frame();
  Decoded::EventHead head;
  head.kind = Decoded::Kind::event;
  head.flags = 0;
  head.traits = static_cast<std::uint32_t>(event.traits.size());
  if (pending_) {
    head.flags |= Decoded::begins_frame;
    head.frame_step = static_cast<std::uint32_t>(frame_.offset - last_.offset);
    head.frame_size = static_cast<std::uint32_t>(frame_.bytes.size());
    head.frame_lines = static_cast<std::uint32_t>(frame_.line - last_.line);
    pending_ = false;
    last_ = frame_;
  }
  head.generated = event.generated;
  head.rule = matched.rule;
  if (const auto uuid = matched.message.text().uuid()) {
    head.flags |= Decoded::message_is_uuid;
    head.message = *uuid;
  }
  if (const auto uuid = matched.request.text().uuid()) {
    head.flags |= Decoded::request_is_uuid;
    if (matched.request.prefixed()) head.flags |= Decoded::request_is_prefixed;
    head.request = *uuid;
  }
  if (matched.instance) {
    head.flags |= Decoded::has_instance;
    head.instance = *matched.instance;
  }
  static_assert(kSeldom.size() == Decoded::kSeldomTexts);
  bool stays = frames_ == Frames::stay && frame_.bytes.size() <= kFarthest;
  for_each_of<kSeldom>([&](Field field) { stays = in_frame(event[field]) && stays; });

  char* const begin = bytes_.room(sizeof(head) + Decoded::kTexts * kMaxText);
  char* to = begin + sizeof(head);
  std::uint32_t told = 0;
  std::size_t place = 0;
  const auto note = [&](std::string_view text) {
    told |= static_cast<std::uint32_t>(text.data() != nullptr) << place;
    head.sizes[place++] = static_cast<std::uint16_t>(text.size());
  };
  const auto put = [&](std::string_view text) {
    note(text);
    to = put_text(to, text);
  };
  put(event.message_id);
  put(event.event_type);
  for_each_of<kOften>([&](Field field) { put(event[field]); });
  if (stays) {
    head.flags |= Decoded::in_frame;
    for (std::size_t i = 0; i < kSeldom.size(); ++i) {
      const std::string_view text = event[kSeldom[i]];
      note(text);
      head.places[i] = text.empty() ? std::uint16_t{0}
                                    : static_cast<std::uint16_t>(text.data() - frame_.bytes.data());
    }
  } else {
    for_each_of<kSeldom>([&](Field field) { put(event[field]); });
  }
  head.told = told;
  put_bytes(begin, head);
  bytes_.wrote(to);
  for (const Trait& trait : event.traits) {
    to = put_bytes(bytes_.room(sizeof(Decoded::TraitHead) + trait.name.size() + trait.value.size()),
                   Decoded::TraitHead{static_cast<std::uint32_t>(trait.name.size()),
                                      static_cast<std::uint32_t>(trait.value.size()),
                                      trait.value.data() != nullptr});
    bytes_.wrote(put_bytes(put_bytes(to, trait.name), trait.value));
  }
}

void DecodedWriter::on_undecodable(const Undecodable& bad) {
  begin_frame();
  Decoded::UndecodableHead head{Decoded::Kind::undecodable, !in_frame(bad.bytes), bad};
  if (!head.bytes_follow) to_->needs_frames_ = true;
  const std::string_view bytes = head.bytes_follow ? bad.bytes : std::string_view();
  char* const to = put_bytes(bytes_.room(sizeof(head) + bad.detail.size() + bytes.size()), head);
  bytes_.wrote(put_bytes(put_bytes(to, bad.detail), bytes));
}

void DecodedWriter::put(Decoded::Kind kind) {
  begin_frame();
  bytes_.wrote(put_bytes(bytes_.room(sizeof(kind)), kind));
}

void DecodedReader::tell(const Decoded& decoded, InputConsumer& consumer) {
  if (decoded.empty()) return;
  const FarBytes& bytes = decoded.bytes_;
  const char* at = bytes.begin();
  const char* const end = bytes.end();
  const char* announced = announce(at, bytes, coming_[0], consumer);
  for (std::size_t i = 0; at != end; i = 1 - i) {
    const char* const until = announced;
    if (until != end) announced = announce(until, bytes, coming_[1 - i], consumer);
    tell(at, until, coming_[i], consumer);
    at = until;
  }
}

// Reads the next events, as many as are announced at once, and returns what is behind them.
const char* DecodedReader::announce(const char* at, const FarBytes& bytes, Coming& coming,
                                    InputConsumer& consumer) {
  coming.count = 0;
  const char* const end = bytes.end();
  while (at != end && coming.count < InputConsumer::kComing) {
    switch (static_cast<Decoded::Kind>(*at)) {
      case Decoded::Kind::frame: {
        Decoded::FrameHead head;
        at = get_bytes(at, head);
        frame_ = head.frame;
        break;
      }
      case Decoded::Kind::event: {
        const char* const begin = at;
        at = read_event(at, coming);
        bytes.fetch_far(begin, at);
        break;
      }
      case Decoded::Kind::undecodable: {
        Undecodable bad;
        at = read_undecodable(at, bad);
        break;
      }
      case Decoded::Kind::sample:
      case Decoded::Kind::skipped_line:
        ++at;
        break;
    }
  }
  if (coming.count > 1) consumer.on_coming(std::span(coming.matched).first(coming.count));
  return at;
}

void DecodedReader::tell(const char* at, const char* end, const Coming& coming,
                         InputConsumer& consumer) {
  std::size_t told = 0;
  while (at != end) {
    switch (static_cast<Decoded::Kind>(*at)) {
      case Decoded::Kind::frame: {
        Decoded::FrameHead head;
        at = get_bytes(at, head);
        consumer.on_frame(head.frame);
        break;
      }
      case Decoded::Kind::event:
        if ((static_cast<std::uint8_t>(at[offsetof(Decoded::EventHead, flags)]) &
             Decoded::begins_frame) != 0) {
          consumer.on_frame(coming.frames[told]);
        }
        at = coming.behind[told];
        consumer.on_event(coming.events[told], coming.matched[told]);
        ++told;
        break;
      case Decoded::Kind::undecodable: {
        Undecodable bad;
        at = read_undecodable(at, bad);
        consumer.on_undecodable(bad);
        break;
      }
      case Decoded::Kind::sample:
        ++at;
        consumer.on_sample();
        break;
      case Decoded::Kind::skipped_line:
        ++at;
        consumer.on_skipped_line();
        break;
    }
  }
}

inline const char* DecodedReader::read_event(const char* at, Coming& coming) {
  const std::size_t place = coming.count++;
  Event& event = coming.events[place];
  Decoded::EventHead head;
  at = get_bytes(at, head);
  const auto has = [&](Decoded::Flag flag) { return (head.flags & flag) != 0; };
  if (has(Decoded::begins_frame)) {
    // Both of the same numbers: to copy the one that was just put together would have to wait for
    // its parts (a failed store forwarding).
    const std::string_view bytes(frame_.bytes.data() + head.frame_step, head.frame_size);
    const std::uint64_t offset = frame_.offset + head.frame_step;
    const std::uint64_t line = frame_.line + head.frame_lines;
    for (Frame* const frame : {&frame_, &coming.frames[place]}) {
      frame->bytes = {bytes.data(), bytes.size()};
      frame->offset = offset;
      frame->line = line;
      frame->padded = true;
      frame->too_long = false;
    }
  }
  std::uint32_t told = head.told;
  std::size_t number = 0;
  const auto text = [&](const char* from) {
    const std::string_view one((told & 1U) != 0 ? from : nullptr, head.sizes[number++]);
    told >>= 1U;
    return one;
  };
  const auto next = [&] {
    const std::string_view one = text(at);
    at += one.size();
    return one;
  };
  event.message_id = next();
  event.event_type = next();
  for_each_of<kOften>([&](Field field) { event[field] = next(); });
  if (has(Decoded::in_frame)) {
    std::size_t i = 0;
    for_each_of<kSeldom>(
        [&](Field field) { event[field] = text(frame_.bytes.data() + head.places[i++]); });
  } else {
    for_each_of<kSeldom>([&](Field field) { event[field] = next(); });
  }
  event.generated = head.generated;

  Matched& matched = coming.matched[place];
  matched.rule = head.rule;
  matched.message = has(Decoded::message_is_uuid) ? MessageId(CompactText(head.message))
                                                  : MessageId(event.message_id);
  matched.request = has(Decoded::request_is_uuid)
                        ? RequestId(CompactText(head.request), has(Decoded::request_is_prefixed))
                        : RequestId(event[Field::request_id]);
  if (has(Decoded::has_instance)) {
    matched.instance = head.instance;
  } else {
    matched.instance.reset();
  }

  std::vector<Trait>& traits = coming.traits[place];
  traits.resize(head.traits);
  for (Trait& trait : traits) {
    Decoded::TraitHead of_trait;
    at = get_bytes(at, of_trait);
    trait.name = {at, of_trait.name};
    at += of_trait.name;
    trait.value = {of_trait.told ? at : nullptr, of_trait.value};
    at += of_trait.value;
  }
  event.traits = traits;
  coming.behind[place] = at;
  return at;
}

const char* DecodedReader::read_undecodable(const char* at, Undecodable& bad) {
  Decoded::UndecodableHead head;
  at = get_bytes(at, head);
  bad = head.bad;
  bad.detail = {at, bad.detail.size()};
  at += bad.detail.size();
  if (head.bytes_follow) {
    bad.bytes = {at, bad.bytes.size()};
    at += bad.bytes.size();
  }
  return at;
}

}  // namespace vmtrail
