// SPDX-License-Identifier: Apache-2.0
// Events and change records that outlive the call which told them, to feed one stage at a time.

#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/decoder.h"
#include "vmtrail/event.h"
#include "vmtrail/placement.h"
#include "vmtrail/record.h"

namespace vmtrail::bench {

/// Copies of texts, at addresses that stay.
class KeptTexts {
 public:
  /// A text that is not there (null) stays so: events tell "nothing" from "not told" by it.
  std::string_view keep(std::string_view text) {
    return text.data() == nullptr ? text : std::string_view(texts_.emplace_back(text));
  }

 private:
  std::deque<std::string> texts_;
};

/// Every event it is told. Ends the program if there is one that does not decode.
class KeptEvents : public EventConsumer {
 public:
  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override {}
  void on_skipped_line() override {}

  [[nodiscard]] const std::vector<Event>& all() const { return all_; }

 private:
  KeptTexts texts_;
  std::vector<Event> all_;
};

/// Every change record it is told.
class KeptRecords : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override;

  [[nodiscard]] const std::vector<ChangeRecord>& all() const { return all_; }

 private:
  KeptTexts texts_;
  std::deque<std::vector<Interval>> timelines_;
  std::vector<ChangeRecord> all_;
};

}  // namespace vmtrail::bench
