// SPDX-License-Identifier: Apache-2.0
// Where decoders tell what they find in one frame.

#pragma once

#include <functional>
#include <string_view>

#include "event/draft.h"
#include "vmtrail/decoder.h"

namespace vmtrail {

/// Tells the consumer, and gives what is undecodable its place in the input.
class Output {
 public:
  /// `text` is the frame's text or a copy of it: what decoders hold views of.
  Output(EventConsumer& consumer, const Frame& frame, std::string_view text)
      : consumer_(consumer), frame_(frame), text_(text) {}

  /// Is what stands in the text part of the frame, and no copy?
  [[nodiscard]] bool in_input() const { return text_.data() == frame_.bytes.data(); }

  void event(const Event& event) { consumer_.on_event(event); }
  void sample() { consumer_.on_sample(); }
  void skipped_line() {
    if (frame_.whole) {
      undecodable({ErrorCode::invalid_json, "nor does it hold a logged event"});
    } else {
      consumer_.on_skipped_line();
    }
  }

  /// `bytes` are a part of the text, or made of it; none: the whole frame.
  void undecodable(Flaw flaw, std::string_view bytes = {}) {
    Undecodable bad{flaw.reason, flaw.detail, frame_.bytes, frame_.offset, frame_.line};
    if (bytes.data() != nullptr) {
      const char* const begin = text_.data();
      const std::less_equal<const char*> ordered;
      if (ordered(begin, bytes.data()) &&
          ordered(bytes.data() + bytes.size(), begin + text_.size())) {
        const auto at = static_cast<std::size_t>(bytes.data() - begin);
        bad.bytes = frame_.bytes.substr(at, bytes.size());
        bad.offset += at;
      } else {
        bad.bytes = bytes;
      }
    }
    consumer_.on_undecodable(bad);
  }

  /// The event of a finished draft, or its flaw.
  void draft(Draft& draft, std::string_view bytes = {}) {
    if (const Event* const event = draft.finish()) {
      consumer_.on_event(*event);
    } else {
      undecodable(*draft.flaw(), bytes);
    }
  }

 private:
  EventConsumer& consumer_;
  const Frame& frame_;
  std::string_view text_;
};

}  // namespace vmtrail
