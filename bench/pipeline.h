// SPDX-License-Identifier: Apache-2.0
// Everything between the bytes of a stream and those of its records, as replay puts it together;
// and ends for those who measure a part of it.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/decoders.h"
#include "io/input_consumer.h"
#include "vmtrail/cloudevents.h"
#include "vmtrail/decoder.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/event.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace vmtrail::bench {

class NoEvents : public EventConsumer {
 public:
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable&) override {}
  void on_sample() override {}
  void on_skipped_line() override {}
};

class NoRecords : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override;
};

/// Writes records as replay does, but to nowhere.
class WrittenRecords : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override;

 private:
  CloudEvents cloudevents_{"vmtrail/bench"};
  std::string text_;
};

class NoQuarantine : public QuarantineConsumer {
 public:
  void on_quarantined(const Undecodable&) override {}
};

/// Borrows the rules.
class Pipeline : private InputConsumer {
 public:
  explicit Pipeline(const RuleSet& rules)
      : dispatcher_(rules, model_, records_, quarantine_), decoder_(Format::any, rules) {}

  /// Whole frames, behind which kPadding bytes may be read.
  void feed(std::string_view frames);
  void finish() { dispatcher_.finish(); }

  [[nodiscard]] const Counts& counts() const { return dispatcher_.counts(); }
  [[nodiscard]] const Model& model() const { return model_; }

 private:
  void on_coming(std::span<const Matched> coming) override { dispatcher_.expect(coming); }
  void on_frame(const Frame& frame) override { dispatcher_.set_frame(frame); }
  void on_event(const Event& event, const Matched& matched) override {
    dispatcher_.on_matched(event, matched);
  }
  void on_undecodable(const Undecodable& bad) override { dispatcher_.on_undecodable(bad); }
  void on_sample() override { dispatcher_.on_sample(); }
  void on_skipped_line() override { dispatcher_.on_skipped_line(); }
  Result<void> on_progress(std::uint64_t /*bytes_read*/) override { return {}; }
  void on_wait() override {}

  Model model_;
  WrittenRecords records_;
  NoQuarantine quarantine_;
  Dispatcher dispatcher_;
  MatchingDecoder decoder_;
  Splitter splitter_;
};

}  // namespace vmtrail::bench
