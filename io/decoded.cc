// SPDX-License-Identifier: Apache-2.0

#include "io/decoded.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace vmtrail {

namespace {

constexpr std::size_t kStaged = std::size_t{2} << 10;  // is written out
constexpr std::size_t kMuch = std::size_t{1} << 20;    // is not kept for the next time
constexpr std::size_t kShort = 16;
constexpr std::ptrdiff_t kFar = 3 << 10;              // some events
constexpr std::size_t kBlock = kPadding;              // of text that is copied without a loop
constexpr std::size_t kFirst = std::size_t{4} << 10;  // bytes written; then twice as many

template <class T>
char* write(char* to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof(value));
  return to + sizeof(value);
}

template <class T>
const char* read(const char* from, T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(&value, from, sizeof(value));
  return from + sizeof(value);
}

char* write(char* to, std::string_view text) {
  std::copy(text.begin(), text.end(), to);
  return to + text.size();
}

}  // namespace

inline bool DecodedWriter::in_frame(std::string_view text) const {
  // Unsigned: what stands before the frame is far behind its end. Text that there is none of is as
  // good as in the frame.
  const auto at = reinterpret_cast<std::uintptr_t>(text.data()) -
                  reinterpret_cast<std::uintptr_t>(frame_.data());
  return static_cast<bool>(static_cast<unsigned>(at < frame_.size()) |
                           static_cast<unsigned>(text.empty()));
}

void DecodedWriter::begin(Decoded& to) {
  to.clear();
  to_ = &to;
}

void DecodedWriter::decode(Decoder& decoder, const RuleSet& rules, const Frame& frame) {
  rules_ = &rules;
  frame_ = frame.bytes;
  char* const begin = room(sizeof(Decoded::FrameHead));
  written_to(write(begin, Decoded::FrameHead{Decoded::Kind::frame, frame}));
  decoder.decode(frame, *this);
}

void DecodedWriter::on_event(const Event& event) {
  const Matched matched(event, *rules_);
  if (!matched.instance && !event[Field::instance_id].empty()) to_->needs_frames_ = true;
  Decoded::EventHead head{Decoded::Kind::event,
                          0,
                          static_cast<std::uint32_t>(event.traits.size()),
                          event.generated,
                          matched.rule,
                          matched.message.text().uuid(),
                          matched.request.text().uuid(),
                          matched.instance,
                          matched.request.prefixed()};
  char* const begin = room(sizeof(head) + sizeof(Decoded::Sizes) + Decoded::kTexts * kMaxText);
  char* sizes = begin + sizeof(head);
  char* to = sizes + sizeof(Decoded::Sizes);
  const auto put = [&](std::string_view text) {
    head.told = head.told << 1U | static_cast<std::uint32_t>(text.data() != nullptr);
    sizes = write(sizes, static_cast<std::uint16_t>(text.size()));
    if (text.empty()) return;
    if (text.size() <= kBlock && in_frame(text)) {
      // What stands in a frame is followed by as much that may be read.
      std::memcpy(to, text.data(), kShort);
      if (text.size() > kShort) std::memcpy(to + kShort, text.data() + kShort, kBlock - kShort);
    } else if (text.size() <= kMaxText) {
      std::memcpy(to, text.data(), text.size());
    } else {
      std::abort();  // the decoder breaks its word
    }
    to += text.size();
  };
  put(event.message_id);
  put(event.event_type);
  for (const std::string_view field : event.fields) put(field);
  write(begin, head);
  written_to(to);
  for (const Trait& trait : event.traits) {
    to = write(room(sizeof(Decoded::TraitHead) + trait.name.size() + trait.value.size()),
               Decoded::TraitHead{static_cast<std::uint32_t>(trait.name.size()),
                                  static_cast<std::uint32_t>(trait.value.size()),
                                  trait.value.data() != nullptr});
    written_to(write(write(to, trait.name), trait.value));
  }
}

void DecodedWriter::on_undecodable(const Undecodable& bad) {
  Decoded::UndecodableHead head{Decoded::Kind::undecodable, !in_frame(bad.bytes), bad};
  if (!head.bytes_follow) to_->needs_frames_ = true;
  const std::string_view bytes = head.bytes_follow ? bad.bytes : std::string_view();
  char* const to = write(room(sizeof(head) + bad.detail.size() + bytes.size()), head);
  written_to(write(write(to, bad.detail), bytes));
}

// For so many bytes and a block.
char* DecodedWriter::room(std::size_t size) {
  if (staged_size_ >= kStaged) write_out();
  const std::size_t needed = (staged_size_ + size + kBlock) / Decoded::kLine + 1;
  if (staged_.size() < needed) staged_.resize(needed);
  return staged_.front().bytes.data() + staged_size_;
}

void DecodedWriter::put(Decoded::Kind kind) {
  written_to(write(room(sizeof(kind)), kind));
}

void DecodedWriter::written_to(const char* end) {
  staged_size_ = static_cast<std::size_t>(end - staged_.front().bytes.data());
}

// Whole lines; what is left of the last one stays.
void DecodedWriter::write_out() {
  const std::size_t count = staged_size_ / Decoded::kLine;
  auto& lines = to_->lines_;
  const std::size_t at = to_->size_ / Decoded::kLine;
  if (lines.size() < at + count) {
    lines.resize(std::max({kFirst / Decoded::kLine, 2 * lines.size(), at + count}));
  }
#ifdef __SSE2__
  auto* const to = reinterpret_cast<__m128i*>(&lines[at]);
  const auto* const from = reinterpret_cast<const __m128i*>(staged_.data());
  for (std::size_t i = 0; i < count * Decoded::kLine / sizeof(__m128i); ++i) {
    _mm_stream_si128(to + i, _mm_load_si128(from + i));
  }
#else
  std::copy_n(staged_.begin(), count, lines.begin() + static_cast<std::ptrdiff_t>(at));
#endif
  to_->size_ += count * Decoded::kLine;
  staged_size_ -= count * Decoded::kLine;
  if (staged_size_ != 0) staged_.front() = staged_[count];
}

void DecodedWriter::finish() {
  const std::size_t rest = staged_size_ % Decoded::kLine;
  if (rest != 0) staged_size_ += Decoded::kLine - rest;
  if (staged_size_ != 0) write_out();
  if (rest != 0) to_->size_ -= Decoded::kLine - rest;
  staged_size_ = 0;
  if (staged_.size() * Decoded::kLine > kMuch) std::vector<Decoded::Line>().swap(staged_);
#ifdef __SSE2__
  _mm_sfence();  // what releases a mutex does not order such writes
#endif
}

void DecodedReader::tell(const Decoded& decoded, InputConsumer& consumer) {
  if (decoded.empty()) return;
  const char* at = decoded.lines_.front().bytes.data();
  const char* const end = at + decoded.size_;
  const char* announced = at;  // so far
  std::size_t told = 0;
  while (at != end) {
    if (at == announced) {
      announced = read_coming(at, end);
      told = 0;
      if (coming_count_ > 1) consumer.on_coming(std::span(matched_).first(coming_count_));
    }
    switch (static_cast<Decoded::Kind>(*at)) {
      case Decoded::Kind::frame: {
        Decoded::FrameHead head;
        at = read(at, head);
        consumer.on_frame(head.frame);
        break;
      }
      case Decoded::Kind::event:
        at = behind_[told];
        consumer.on_event(coming_[told], matched_[told]);
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

// Asks for as many bytes as stand between the two, far ahead of them: they were written past the
// caches, and come from memory.
inline void DecodedReader::fetch_far(const char* at, const char* to, const char* end) {
  for (; at < to && end - at > kFar; at += Decoded::kLine) __builtin_prefetch(at + kFar);
}

// Reads the next events, as many as are announced at once, and returns what is behind them.
const char* DecodedReader::read_coming(const char* at, const char* end) {
  coming_count_ = 0;
  while (at != end && coming_count_ < coming_.size()) {
    switch (static_cast<Decoded::Kind>(*at)) {
      case Decoded::Kind::frame:
        at += sizeof(Decoded::FrameHead);
        break;
      case Decoded::Kind::event: {
        const char* const begin = at;
        at =
            read_event(at, coming_[coming_count_], matched_[coming_count_], traits_[coming_count_]);
        behind_[coming_count_++] = at;
        fetch_far(begin, at, end);
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
  return at;
}

const char* DecodedReader::read_event(const char* at, Event& event, Matched& matched,
                                      std::vector<Trait>& traits) {
  Decoded::EventHead head;
  const char* sizes = read(at, head);
  at = sizes + sizeof(Decoded::Sizes);
  std::uint32_t told = head.told << (32 - Decoded::kTexts);
  const auto next = [&] {
    std::uint16_t size = 0;
    sizes = read(sizes, size);
    const std::string_view text((told >> 31U) != 0 ? at : nullptr, size);
    told <<= 1U;
    at += size;
    return text;
  };
  event.message_id = next();
  event.event_type = next();
  for (std::string_view& field : event.fields) field = next();
  event.generated = head.generated;
  matched.rule = head.rule;
  matched.message =
      head.message ? MessageId(CompactText(*head.message)) : MessageId(event.message_id);
  matched.request = head.request ? RequestId(CompactText(*head.request), head.prefixed)
                                 : RequestId(event[Field::request_id]);
  matched.instance = head.instance;
  traits.resize(head.traits);
  for (Trait& trait : traits) {
    Decoded::TraitHead of_trait;
    at = read(at, of_trait);
    trait.name = {at, of_trait.name};
    at += of_trait.name;
    trait.value = {of_trait.told ? at : nullptr, of_trait.value};
    at += of_trait.value;
  }
  event.traits = traits;
  return at;
}

const char* DecodedReader::read_undecodable(const char* at, Undecodable& bad) {
  Decoded::UndecodableHead head;
  at = read(at, head);
  bad = head.bad;
  bad.detail = {at, bad.detail.size()};
  at += bad.detail.size();
  if (head.bytes_follow) {
    bad.bytes = {at, bad.bytes.size()};
    at += bad.bytes.size();
  }
  return at;
}

void Decoded::clear() {
  size_ = 0;
  needs_frames_ = false;
  if (lines_.size() * kLine > kMuch) std::vector<Line>().swap(lines_);
}

}  // namespace vmtrail
