// SPDX-License-Identifier: Apache-2.0
// The dispatcher: the order of the steps for one event, and the count of what became of each.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vmtrail/decoder.h"
#include "vmtrail/error.h"
#include "vmtrail/event.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

class Absences;

/// What became of the events. Each is counted once:
/// events = applied + ignored (by reason) + duplicate + quarantined (by reason).
struct Counts {
  std::uint64_t events = 0;
  std::uint64_t applied = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t skipped_lines = 0;  ///< lines of a log without an event; no events
  /// What absences could not watch: it came too late, or there was no room. No events.
  std::uint64_t absences_given_up = 0;
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
/// Throws what its consumers throw, and what the model does when its names are full; nothing for
/// any input.
class Dispatcher : public EventConsumer {
 public:
  Dispatcher(const RuleSet& rules, Model& model, RecordConsumer& records,
             QuarantineConsumer& quarantine);
  ~Dispatcher() override;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void on_event(const Event& event) override { on_matched(event, Matched(event, rules_)); }
  /// The same of an event that has been matched with the dispatcher's rules.
  void on_matched(const Event& event, const Matched& matched);
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override;
  void on_skipped_line() override;

  /// These come next: see Model::expect().
  void expect(std::span<const Matched> coming) const { model_.expect(coming); }

  /// Where the events come from now, for the quarantine of events that decode but are not sound; a
  /// dispatcher that is never told quarantines those without their bytes. The frame's bytes are
  /// borrowed until the next call, or the last event from it.
  void set_frame(const Frame& frame) {
    frame_ = frame;
    frame_quarantined_ = false;
  }

  /// Tells a difference from Nova's list, see reconcile.h.
  void tell_drift(const PlacementDrift& drift);

  /// The stream is over, see Model::finish().
  void finish();
  /// Time has passed, see Model::advance() and Model::fold_quiet().
  bool advance(Time now);
  bool fold_quiet(Time now);

  [[nodiscard]] const Counts& counts() const { return counts_; }

  // ---- persistence: what the absences of the rules wait for

  [[nodiscard]] std::vector<AwaitedSnapshot> awaited() const;
  void restore(std::span<const AwaitedSnapshot> awaited);

 private:
  /// Counts records, and words those of the event being applied as its rule says.
  class OutgoingRecords : public RecordConsumer {
   public:
    OutgoingRecords(RecordConsumer& next, Counts& counts, const Model& model)
        : next_(next), counts_(counts), model_(model) {}
    void on_record(const ChangeRecord& record) override;
    void begin(const Rule& rule, const Event& event) {
      rule_ = &rule;
      event_ = &event;
    }
    void end() { rule_ = nullptr; }

   private:
    RecordConsumer& next_;
    Counts& counts_;
    const Model& model_;

    const Rule* rule_ = nullptr;  // nullptr: no event is being applied
    const Event* event_ = nullptr;
    std::string summary_;
  };

  /// These two return whether it is a copy, or no event at all.
  bool apply(const Event& event, const Matched& matched);
  bool ignore(const Event& event, const Matched& matched, ErrorCode reason);
  void watch(const Event& event, const Matched& matched);
  void tell_missing_before(Time now);

  const RuleSet& rules_;
  Model& model_;
  QuarantineConsumer& quarantine_;
  Counts counts_;
  OutgoingRecords records_;
  std::unique_ptr<Absences> absences_;  // nullptr: the rules have none
  Frame frame_;
  bool frame_quarantined_ = false;  // its bytes have been told
};

/// What became of the samples of a rule set.
struct SampleResults {
  std::size_t samples = 0;
  std::size_t rules = 0;  ///< that have any
  /// One line for each that does not do what it says, with file, line, rule, what was expected and
  /// what happened.
  std::vector<std::string> failures;
};

/// Runs the samples of every rule, each for its event type or every one that the rule writes out,
/// and those of every absence. A sample's event is to go to its own rule, but it may go to one of
/// another file, which has been put before it, as long as what is expected holds.
[[nodiscard]] SampleResults check_samples(const RuleSet& rules);

}  // namespace vmtrail
