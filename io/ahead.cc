// SPDX-License-Identifier: Apache-2.0

#include "io/ahead.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

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
}

}  // namespace

bool Ahead::stays(std::string_view text) const {
  // Unsigned: what stands before the frame is far behind its end.
  const auto at = reinterpret_cast<std::uintptr_t>(text.data()) -
                  reinterpret_cast<std::uintptr_t>(bytes_.data());
  return text.data() == nullptr || at < bytes_.size();
}

inline void Ahead::begin(const Frame& frame) {
  if (batches_[filled_].frame_count == kFrames) go_on();
  bytes_ = frame.bytes;
  Batch& batch = batches_[filled_];
  batch.frames[batch.frame_count++] = {frame, batch.event_count};
}

void Ahead::decode(Decoder& decoder, const Frame& frame) {
  begin(frame);
  decoder.decode(frame, *this);
}

bool Ahead::decode_line(Decoder& decoder, Splitter& splitter, std::string_view window) {
  std::size_t size = 0;
  const Event* const event = decoder.decode_line(window, size);
  if (event == nullptr) return false;
  std::optional<Frame> frame = splitter.take_line(window, size);
  if (!frame) return false;
  frame->padded = true;
  begin(*frame);
  Ahead::on_event(*event);
  return true;
}

void Ahead::go_on() {
  const Batch& next = batches_[filled_];
  if (next.event_count > 1) {
    consumer_.on_coming(std::span(next.matched).first(next.event_count));
  }
  filled_ = 1 - filled_;
  tell(batches_[filled_]);
}

void Ahead::tell_all() {
  go_on();
  go_on();
}

void Ahead::tell(Batch& batch) {
  std::size_t frame = 0;
  for (std::size_t i = 0; i <= batch.event_count; ++i) {
    for (; frame < batch.frame_count && batch.frames[frame].before == i; ++frame) {
      consumer_.on_frame(batch.frames[frame].frame);
    }
    if (i < batch.event_count) consumer_.on_event(batch.events[i], batch.matched[i]);
  }
  batch.event_count = 0;
  batch.frame_count = 0;
}

void Ahead::on_event(const Event& event) {
  Batch& batch = batches_[filled_];
  const std::size_t place = batch.event_count;
  Event& copy = batch.events[place];
  copy_event(event, copy);
  if (!event.in_input || !event.traits.empty()) {
    batch.traits[place].assign(event.traits.begin(), event.traits.end());
    copy.traits = batch.traits[place];
    keep_texts(batch, place);
  }
  std::destroy_at(&batch.matched[place]);
  std::construct_at(&batch.matched[place], event, rules_);
  if (++batch.event_count == InputConsumer::kComing) go_on();
}

void Ahead::keep_texts(Batch& batch, std::size_t place) const {
  std::size_t size = 0;
  for_each_text(batch.events[place], batch.traits[place], [&](std::string_view text) {
    if (!stays(text)) size += text.size();
  });
  std::string& room = batch.texts[place];
  if (room.capacity() > kMuch && size <= kMuch) room = std::string();
  room.resize(size);
  char* to = room.data();
  for_each_text(batch.events[place], batch.traits[place], [&](std::string_view& text) {
    if (stays(text)) return;
    char* const end = std::copy(text.begin(), text.end(), to);
    text = {to, text.size()};
    to = end;
  });
}

}  // namespace vmtrail
