// SPDX-License-Identifier: Apache-2.0
// Everything between the bytes of a stream and those of its records, as replay puts it together;
// and ends for those who measure a part of it.

#pragma once

#include <string>
#include <string_view>

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
class Pipeline {
 public:
  explicit Pipeline(const RuleSet& rules) : dispatcher_(rules, model_, records_, quarantine_) {}

  /// Whole frames, behind which kPadding bytes may be read.
  void feed(std::string_view frames);
  void finish() { dispatcher_.finish(); }

  [[nodiscard]] const Counts& counts() const { return dispatcher_.counts(); }
  [[nodiscard]] const Model& model() const { return model_; }

 private:
  Model model_;
  WrittenRecords records_;
  NoQuarantine quarantine_;
  Dispatcher dispatcher_;
  Decoder decoder_;
  Splitter splitter_;
};

}  // namespace vmtrail::bench
