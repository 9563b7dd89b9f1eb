// SPDX-License-Identifier: Apache-2.0
// The dispatcher: the order of the steps for one event, and the count of what became of each.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "vmtrail/decoder.h"
#include "vmtrail/error.h"
#include "vmtrail/event.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// What became of the events. Each is counted once:
/// events = applied + ignored (by reason) + duplicate + quarantined (by reason).
struct Counts {
  std::uint64_t events = 0;
  std::uint64_t applied = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t skipped_lines = 0;               ///< lines of a log without an event; no events
  std::array<std::uint64_t, 256> ignored{};      ///< by ErrorCode
  std::array<std::uint64_t, 256> quarantined{};  ///< by ErrorCode
  std::array<std::uint64_t, kRecordTypes> records{};

  [[nodiscard]] std::uint64_t total_ignored() const;
  [[nodiscard]] std::uint64_t total_quarantined() const;
};

/// Takes what cannot be decoded or is ambiguous; nothing of it is lost unless the consumer loses
/// it.
class QuarantineConsumer {
 public:
  virtual ~QuarantineConsumer() = default;
  /// `bad` is valid only during the call. Its bytes may hold an authentication token: redact() them
  /// before they are stored or shown.
  virtual void on_quarantined(const Undecodable& bad) = 0;
};

/// Takes events from decoders, has the rules match them and the model apply them, and passes change
/// records and quarantined input on. Borrows all four for its lifetime. One thread at a time.
class Dispatcher : public EventConsumer {
 public:
  Dispatcher(const RuleSet& rules, Model& model, RecordConsumer& records,
             QuarantineConsumer& quarantine);

  void on_event(const Event& event) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override;
  void on_skipped_line() override;

  /// Where the events come from now, for the quarantine of events that decode but are not sound.
  void set_frame(const Frame& frame) {
    frame_ = frame;
    frame_quarantined_ = false;
  }

  /// The stream is over, see Model::finish().
  void finish();
  /// Time has passed, see Model::advance().
  void advance(Time now);

  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  class CountingRecords : public RecordConsumer {
   public:
    CountingRecords(RecordConsumer& next, Counts& counts) : next_(next), counts_(counts) {}
    void on_record(const ChangeRecord& record) override;

   private:
    RecordConsumer& next_;
    Counts& counts_;
  };

  void ignore(const Event& event, ErrorCode reason);

  const RuleSet& rules_;
  Model& model_;
  QuarantineConsumer& quarantine_;
  Counts counts_;
  CountingRecords records_;
  Frame frame_;
  bool frame_quarantined_ = false;  // its bytes have been told
};

/// Runs the samples of every rule, each for every event type that the rule writes out. One line for
/// each that does not do what it says, with file, line, rule, what was expected and what happened;
/// empty: all is well.
[[nodiscard]] std::vector<std::string> check_samples(const RuleSet& rules);

}  // namespace vmtrail
