// SPDX-License-Identifier: Apache-2.0

#include "io/events_ahead.h"

#include <cstdint>
#include <utility>

namespace vmtrail {

void EventsAhead::decode(const Frame& frame) {
  frame_ = frame;
  announced_ = false;
  decoder_.decode(frame, *this);
  if (!announced_) begin_frame();  // there was nothing in it
}

void EventsAhead::tell() {
  if (count_ == 0) return;
  // The consumer may fail in the middle of them; then nothing is told twice.
  const std::size_t count = std::exchange(count_, 0);
  consumer_.on_coming(std::span(events_).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    if (begins_[i]) consumer_.on_frame(frames_[i]);
    consumer_.on_event(events_[i]);
  }
  texts_used_ = 0;
}

void EventsAhead::begin_frame() {
  tell();
  if (!std::exchange(announced_, true)) consumer_.on_frame(frame_);
}

// What is not in the frame is in the decoder's buffers, which the next frame uses again.
void EventsAhead::keep(std::string_view& text) {
  const auto at = reinterpret_cast<std::uintptr_t>(text.data()) -
                  reinterpret_cast<std::uintptr_t>(frame_.bytes.data());
  if (text.empty() || at < frame_.bytes.size()) return;
  if (texts_used_ == texts_.size()) texts_.emplace_back();
  std::string& copy = texts_[texts_used_++];
  copy.assign(text);
  text = copy;
}

void EventsAhead::on_event(const Event& event) {
  if (!event.traits.empty()) {
    begin_frame();
    consumer_.on_coming(std::span(&event, 1));
    consumer_.on_event(event);
    return;
  }
  Event& kept = events_[count_];
  kept = event;
  keep(kept.message_id);
  keep(kept.event_type);
  for (std::string_view& text : kept.fields) keep(text);
  begins_[count_] = !std::exchange(announced_, true);
  if (begins_[count_]) frames_[count_] = frame_;
  if (++count_ == events_.size()) tell();
}

void EventsAhead::on_undecodable(const Undecodable& bad) {
  begin_frame();
  consumer_.on_undecodable(bad);
}

void EventsAhead::on_sample() {
  begin_frame();
  consumer_.on_sample();
}

void EventsAhead::on_skipped_line() {
  begin_frame();
  consumer_.on_skipped_line();
}

}  // namespace vmtrail
