// SPDX-License-Identifier: Apache-2.0

#include "io/delivery.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

void Delivery::add(std::string_view message) {
  if (message.size() <= Splitter::kMaxFrame) {
    // Searched where it is in the cache now.
    const std::size_t before = text_.size();
    add(Frame{.bytes = message});
    if (text_.find('\n', before) == std::string::npos) return;
    text_.resize(before);
    pieces_.pop_back();
  }
  Splitter splitter;
  for (std::string_view rest = message;;) {
    const auto frame = splitter.next(rest, true);
    if (frame) add(*frame);
    rest.remove_prefix(splitter.consumed());
    if (!frame) break;
  }
}

void Delivery::add(const Frame& frame) {
  pieces_.push_back({text_.size(), frame.bytes.size(), frame.offset, frame.line, frame.too_long});
  // With room for the padding, so that reading does not have to move it all.
  const std::size_t needed = text_.size() + frame.bytes.size() + kPadding;
  if (needed > text_.capacity()) text_.reserve(std::max(needed, 2 * text_.capacity()));
  text_.append(frame.bytes);
}

void Delivery::decode(DecodedWriter& writer, MatchingDecoder& decoder,
                      std::shared_ptr<const RuleSet> rules) {
  rules_ = std::move(rules);
  writer.begin(decoded_, DecodedWriter::Frames::go, false);
  for_each_frame([&](const Frame& frame) { writer.decode(decoder, frame); });
  writer.finish();
}

void Delivery::clear() {
  constexpr std::size_t kKept = std::size_t{1} << 20;  // no buffer stays larger for one message
  if (text_.capacity() > kKept) text_ = std::string();
  text_.clear();
  pieces_.clear();
  decoded_.clear();
  rules_.reset();
  from = nullptr;
  tag = 0;
  format = Format::any;
  whole = false;
  position.clear();
}

}  // namespace vmtrail
