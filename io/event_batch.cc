// SPDX-License-Identifier: Apache-2.0

#include "io/event_batch.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

namespace vmtrail {

namespace {

constexpr std::size_t kMuch = std::size_t{64} << 10;  // text of one event; is not kept for the next

template <class Take>
void for_each_text(Event& event, std::span<Trait> traits, Take take) {
  take(event.message_id);
  take(event.event_type);
  for (std::string_view& field : event.fields) take(field);
  for (Trait& trait : traits) {
    take(trait.name);
    take(trait.value);
  }
}

// One text after the other: for the whole, compilers make an instruction that is slow to begin.
void copy_event(const Event& event, Event& copy) {
  copy.message_id = event.message_id;
  copy.event_type = event.event_type;
  copy.generated = event.generated;
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((copy.fields[i] = event.fields[i]), ...);
  }
  (std::make_index_sequence<kFieldCount>());
  copy.traits = event.traits;
  copy.in_input = event.in_input;
  copy.known_type = event.known_type;
}

bool stays(std::string_view text, std::string_view input) {
  // Unsigned: what stands before the input is far behind its end.
  const auto at = reinterpret_cast<std::uintptr_t>(text.data()) -
                  reinterpret_cast<std::uintptr_t>(input.data());
  return text.data() == nullptr || at < input.size();
}

}  // namespace

void EventBatch::begin(const Frame& frame) {
  marks_[mark_count_++] = {Kind::frame, event_count_, frame};
}

inline void EventBatch::add(const Event& event, const std::string_view& input,
                            RuleMatcher& matcher) {
  const std::size_t place = event_count_++;
  Event& copy = events_[place];
  copy_event(event, copy);
  if (!event.in_input || !event.traits.empty()) {
    traits_[place].assign(event.traits.begin(), event.traits.end());
    copy.traits = traits_[place];
    keep_texts(place, input);
  }
  std::destroy_at(&matched_[place]);
  std::construct_at(&matched_[place], event, matcher.match(event));
}

inline void EventBatch::add_with_frame(const Event& event, RuleMatcher& matcher) {
  begins_frame_ |= 1U << event_count_;
  add(event, frame().bytes, matcher);
}

void EventBatch::add(const Undecodable& bad, std::string_view input) {
  add(Kind::undecodable);
  Bad kept{bad, std::string(bad.detail), std::nullopt};
  if (!stays(bad.bytes, input)) kept.bytes = std::string(bad.bytes);
  bad_.push_back(std::move(kept));
}

void EventBatch::keep_texts(std::size_t place, std::string_view input) {
  std::size_t size = 0;
  for_each_text(events_[place], traits_[place], [&](std::string_view text) {
    if (!stays(text, input)) size += text.size();
  });
  std::string& room = texts_[place];
  if (room.capacity() > kMuch && size <= kMuch) room = std::string();
  room.resize(size);
  char* to = room.data();
  for_each_text(events_[place], traits_[place], [&](std::string_view& text) {
    if (stays(text, input)) return;
    char* const end = std::copy(text.begin(), text.end(), to);
    text = {to, text.size()};
    to = end;
  });
}

void EventBatch::announce(InputConsumer& consumer) const {
  if (event_count_ > 1) consumer.on_coming(std::span(matched_).first(event_count_));
}

void EventBatch::tell(InputConsumer& consumer) {
  std::size_t told = 0;
  const auto tell_events = [&](std::size_t end) {
    for (; told < end; ++told) {
      if ((begins_frame_ >> told & 1U) != 0) consumer.on_frame(frames_[told]);
      consumer.on_event(events_[told], matched_[told]);
    }
  };
  auto bad = bad_.begin();
  for (std::size_t i = 0; i < mark_count_; ++i) {
    const Mark& mark = marks_[i];
    tell_events(mark.before);
    switch (mark.kind) {
      case Kind::frame:
        consumer.on_frame(mark.frame);
        break;
      case Kind::undecodable:
        bad->told.detail = bad->detail;
        if (bad->bytes) bad->told.bytes = *bad->bytes;
        consumer.on_undecodable(bad->told);
        ++bad;
        break;
      case Kind::sample:
        consumer.on_sample();
        break;
      case Kind::skipped_line:
        consumer.on_skipped_line();
        break;
    }
  }
  tell_events(event_count_);
  clear();
}

void EventBatch::clear() {
  event_count_ = 0;
  begins_frame_ = 0;
  mark_count_ = 0;
  bad_.clear();
}

void BatchWriter::on_event(const Event& event) {
  batch().add(event, bytes_, *matcher_);
}

void BatchWriter::decode(MatchingDecoder& decoder, const Frame& frame) {
  matcher_ = &decoder.matcher;
  begin(frame);
  decoder.decoder.decode(frame, *this);
}

bool BatchWriter::decode_line(MatchingDecoder& decoder, Splitter& splitter,
                              std::string_view window) {
  std::size_t size = 0;
  const Event* const event = decoder.decoder.decode_line(window, size);
  if (event == nullptr) return false;
  EventBatch& to = batch();
  Frame& frame = to.frame();
  if (!splitter.take_line(window, size, frame)) return false;
  frame.padded = true;
  to.add_with_frame(*event, decoder.matcher);
  return true;
}

}  // namespace vmtrail
