// SPDX-License-Identifier: Apache-2.0
// What the scanners tell, beside what the decoders tell that are their judges.

#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "event/ceilometer_scan.h"
#include "event/json.h"
#include "event/log.h"
#include "event/log_scan.h"
#include "event/message_scan.h"
#include "event/syntax.h"
#include "tests/event_told.h"

namespace vmtrail::test {

/// Do all texts of the event, but for empty ones, stand in `input`?
[[nodiscard]] inline bool stands_in(const Event& event, std::string_view input) {
  const auto stands = [&](std::string_view text) {
    const std::less_equal<const char*> ordered;
    return text.empty() || (ordered(input.data(), text.data()) &&
                            ordered(text.data() + text.size(), input.data() + input.size()));
  };
  return stands(event.message_id) && stands(event.event_type) &&
         std::all_of(event.fields.begin(), event.fields.end(), stands);
}

/// Hears, besides, whether an event said to stand in the input that does not.
class InputListener : public Listener {
 public:
  explicit InputListener(std::string_view input) : input_(input) {}
  void on_event(const Event& event) override {
    misled = misled || (event.in_input && !stands_in(event, input_));
    Listener::on_event(event);
  }
  bool misled = false;

 private:
  std::string_view input_;
};

/// Both ways to decode a text. The scanners learn from one text for the next.
class BothWays {
 public:
  /// `names` are borrowed.
  explicit BothWays(const TraitNames* names = nullptr, Lanes lanes = best_lanes())
      : ceilometer_scan_(names, lanes),
        message_scan_(Format::any, names, lanes),
        nova_scan_(Format::nova, names, lanes),
        log_scan_(names, lanes),
        ceilometer_(Format::ceilometer, names),
        any_(Format::any, names),
        nova_(Format::nova, names),
        log_(names) {}

  /// Do they tell the same of it?
  [[nodiscard]] bool agree(std::string_view text) {
    scanned_ = false;
    text = trimmed(text);
    if (text.empty()) return true;
    // Of its exact size, so that a sanitizer sees who reads on; and what follows it looks like more
    // of it.
    constexpr std::string_view kMore = R"("]], "raw": {}}]>>> <Trait: state 1 >)";
    const auto padded = std::make_unique<char[]>(text.size() + kPadding);
    std::copy(text.begin(), text.end(), padded.get());
    for (std::size_t i = 0; i < kPadding; ++i)
      padded[text.size() + i] = kMore[(i + text.size()) % kMore.size()];
    text = {padded.get(), text.size()};
    const std::size_t mark = text.find(kEventMark);
    const bool json = text.front() == '{' || text.front() == '[';
    return (!json || agree_on_json(text)) &&
           (mark == std::string_view::npos || agree_on_log(text.substr(mark)));
  }
  /// Did a scanner tell all of the last text?
  [[nodiscard]] bool scanned() const { return scanned_; }

 private:
  [[nodiscard]] bool agree_on_json(std::string_view text) {
    const bool event = agree_on_json(text, ceilometer_scan_, ceilometer_);
    const bool message = agree_on_json(text, message_scan_, any_);
    return event && message && agree_on_json(text, nova_scan_, nova_);
  }

  template <class Scan>
  [[nodiscard]] bool agree_on_json(std::string_view text, Scan& scan, JsonDecoder& judge) {
    const Frame frame{.bytes = text};
    InputListener scanned(text);
    Output to_scanned(scanned, frame, text);
    if (!scan.decode(text, to_scanned)) return scanned.calls() == 0;
    scanned_ = true;
    Listener judged;
    Output to_judged(judged, frame, text);
    return !judge.decode(text, {text, false}, to_judged) && same(scanned, judged);
  }

  [[nodiscard]] bool agree_on_log(std::string_view text) {
    const Frame frame{.bytes = text};
    InputListener scanned(text);
    Output to_scanned(scanned, frame, text);
    const std::string_view rest = log_scan_.decode(text, to_scanned);
    scanned_ = scanned_ || rest.empty();
    if (!rest.empty()) log_.decode(rest, to_scanned);
    Listener judged;
    Output to_judged(judged, frame, text);
    log_.decode(text, to_judged);
    return same(scanned, judged);
  }

  static bool same(const InputListener& a, const Listener& b) {
    return !a.misled && a.told == b.told && a.samples == b.samples &&
           a.skipped_lines == b.skipped_lines;
  }

  CeilometerScan ceilometer_scan_;
  MessageScan message_scan_;
  MessageScan nova_scan_;
  LogScan log_scan_;
  JsonDecoder ceilometer_;
  JsonDecoder any_;
  JsonDecoder nova_;
  LogDecoder log_;
  bool scanned_ = false;
};

}  // namespace vmtrail::test
