// SPDX-License-Identifier: Apache-2.0
// What a decoder tells of some bytes, kept for comparison.

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/decoder.h"

namespace vmtrail::test {

/// An event or what took its place, as text: its identity and the fields told.
struct Told {
  std::string message_id;
  std::string event_type;
  std::string generated;
  std::array<std::string, kFieldCount> fields;  // "-" where nothing was told
  std::vector<std::pair<std::string, std::string>> traits;
  ErrorCode reason{};  // of what is undecodable
  std::string bytes;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;

  [[nodiscard]] const std::string& operator[](Field field) const {
    return fields[static_cast<std::size_t>(field)];
  }
  [[nodiscard]] bool is_event() const { return !message_id.empty(); }
  friend bool operator==(const Told&, const Told&) = default;
};

class Listener : public EventConsumer {
 public:
  void on_event(const Event& event) override {
    Told one;
    one.message_id = event.message_id;
    one.event_type = event.event_type;
    one.generated = to_string(event.generated);
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const Field field = static_cast<Field>(i);
      one.fields[i] = event.told(field) ? std::string(event[field]) : "-";
    }
    for (const Trait& trait : event.traits) one.traits.emplace_back(trait.name, trait.value);
    told.push_back(one);
  }
  void on_undecodable(const Undecodable& bad) override {
    Told one;
    one.reason = bad.reason;
    one.bytes = bad.bytes;
    one.offset = bad.offset;
    one.line = bad.line;
    told.push_back(one);
  }
  void on_sample() override { ++samples; }
  void on_skipped_line() override { ++skipped_lines; }

  [[nodiscard]] std::size_t calls() const { return told.size() + samples + skipped_lines; }

  std::vector<Told> told;
  std::size_t samples = 0;
  std::size_t skipped_lines = 0;
};

/// Decodes `text` as one frame.
inline Listener decoded(std::string_view text, Format format = Format::any) {
  Listener listener;
  Decoder decoder(format);
  decoder.decode(Frame{.bytes = text}, listener);
  return listener;
}

/// Splits and decodes a whole stream.
inline Listener decoded_stream(std::string_view text, Format format = Format::any) {
  Listener listener;
  Decoder decoder(format);
  Splitter splitter;
  while (const auto frame = splitter.next(text, true)) {
    decoder.decode(*frame, listener);
    text.remove_prefix(splitter.consumed());
  }
  return listener;
}

}  // namespace vmtrail::test
