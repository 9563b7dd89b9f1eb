// SPDX-License-Identifier: Apache-2.0
// The keeper: the one thread that keeps model and store.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "io/ahead.h"
#include "io/batch.h"
#include "io/decoded.h"
#include "io/decoders.h"
#include "io/delivery.h"
#include "io/input_consumer.h"
#include "io/intake.h"
#include "io/recent_records.h"
#include "io/situation.h"
#include "io/store.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/model.h"
#include "vmtrail/reconcile.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// Takes deliveries out of the intake, decodes those that their source did not, has their events
/// applied, and commits what they changed in batches; after that, and not before, tells the sources
/// that they are settled and the readers of the recent records that there are new ones. Between two
/// deliveries it answers questions. A commit that fails is tried again with the same batch; until
/// it succeeds nothing more is taken in, and questions are answered as ever, also while it waits
/// for a lock, but for those of the store, which wait with it.
///
/// run() is the thread; until it is called and after it has returned, and in questions, everything
/// else may be called. Borrows the intake and the records.
class Keeper : private InputConsumer, private RecordConsumer, private QuarantineConsumer {
 public:
  struct Options {
    Model::Options model{};  ///< its archive is set here
    Retention retention{};   ///< of what is stored; of the model's history also without a store
    std::size_t batch_events = 50'000;
    std::chrono::milliseconds batch_delay{5};    ///< how long a batch waits for more to come
    std::chrono::milliseconds batch_limit{400};  ///< and how long at most, while more has come
    std::chrono::milliseconds tick{1'000};       ///< how often time goes on
    bool zenoss = false;                         ///< records in that form, too: a sink wants it
    /// For lags, and for what retention makes expire; null: the system's.
    std::function<Time()> clock{};
    /// By which time goes on while nothing comes; null: the steady one.
    std::function<std::chrono::steady_clock::time_point()> steady{};
    /// How far the sinks are; stored with the batches. Called by the keeper's thread, and by
    /// save_cursors().
    std::function<Cursors()> cursors{};
    /// After a commit: how long it took, and what of.
    std::function<void(std::chrono::nanoseconds, std::uint64_t events)> committed{};
  };

  /// Loads what is stored. `rules` are the files, the shipped table first. Errors: rule_error;
  /// store_error.
  [[nodiscard]] static Result<std::unique_ptr<Keeper>> open(Options options,
                                                            const std::vector<RulesText>& rules,
                                                            std::optional<Store> store,
                                                            Intake& intake, RecentRecords& records);
  ~Keeper() override;

  /// Works until the intake is closed and empty, and all of it is committed. Error: what is not,
  /// as nothing more could be written.
  [[nodiscard]] Result<void> run();

  /// Writes where the sinks are now.
  [[nodiscard]] Result<void> save_cursors();

  // ---- questions

  [[nodiscard]] const Model& model() const { return books_->model; }
  [[nodiscard]] const RuleSet& rules() const { return *books_->rules; }
  [[nodiscard]] const Counts& counts() const;  ///< since the program started
  struct SourceFigures {
    Format format = Format::any;  ///< as configured
    DeliveryCounts counts;
  };
  /// What came of each source, by its name.
  [[nodiscard]] const std::map<std::string, SourceFigures>& sources() const { return sources_; }
  [[nodiscard]] const Situation& situation() const { return situation_; }
  [[nodiscard]] Time now() const { return options_.clock(); }
  [[nodiscard]] bool failing() const { return failure_.has_value(); }
  /// Before run(), or within ask_store().
  [[nodiscard]] Store* store() { return store_ ? &*store_ : nullptr; }
  /// Calls it now, or as soon as no commit is under way: meanwhile the connection is at work, and
  /// what is saved stands in the store and in the model.
  void ask_store(Inquiry question);

  // ---- reconciling (keeper_reconcile.cc)

  /// To be done as soon as nothing else is being done, when the model may be changed: not within a
  /// delivery or a commit, nor while that fails.
  void do_between(Inquiry what) { between_.push_back(std::move(what)); }
  /// From now on remembers the instances that records tell of.
  void note_changed();
  void forget_changed();
  [[nodiscard]] bool has_changed(const InstanceId& id) const {
    return changed_ && changed_->contains(id);
  }
  /// Between two deliveries: see apply() of reconcile.h. Returns how many were applied.
  std::size_t apply(const Reconciliation& found, Time listed);

  /// Has it go on with other rules once what waits is committed. Facts of a rule that is gone are
  /// dropped. `done` is told of it, in the keeper's thread; unless others are given before that, or
  /// it ends.
  void change_rules(RuleSet rules, std::vector<RulesText> texts, std::function<void()> done);

 private:
  using Clock = std::chrono::steady_clock;

  /// What goes together with a set of rules.
  struct Books {
    Books(std::shared_ptr<const RuleSet> rule_set, Model::Options options, Keeper& keeper);

    std::shared_ptr<const RuleSet> rules;  // deliveries share them
    Model model;
    Dispatcher dispatcher;
    Decoders decoders;
    Ahead ahead;
  };

  struct NewRules {
    std::shared_ptr<const RuleSet> rules;
    std::vector<RulesText> texts;
    std::function<void()> done;
  };

  Keeper(Options options, std::optional<Store> store, Intake& intake, RecentRecords& records);
  void begin_rules();
  void set_rules(const NewRules& wanted);
  Result<void> load(RuleSet rules, const std::vector<RulesText>& texts);

  // What the dispatcher and the decoders tell.
  void on_coming(std::span<const Matched> coming) override;
  void on_frame(const Frame& frame) override;
  void on_event(const Event& event, const Matched& matched) override;
  void on_undecodable(const Undecodable& bad) override;
  void on_sample() override;
  void on_skipped_line() override;
  Result<void> on_progress(std::uint64_t) override { return {}; }
  void on_wait() override {}
  void on_record(const ChangeRecord& record) override;
  void on_quarantined(const Undecodable& bad) override;

  void process(Delivery& delivery);
  void advance();
  void answer();
  void answer_some();
  void answer_if_asked() {
    if (intake_.has_questions()) answer_some();
  }
  void lend();
  void answer_while_locked();
  bool commit();
  bool write();
  Result<void> write_batch();
  [[nodiscard]] Expiry expiry() const;
  void settle();
  [[nodiscard]] Clock::time_point next_deadline() const;
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool must_commit() const;

  const Options options_;
  Intake& intake_;
  RecentRecords& records_;
  std::optional<Store> store_;
  const Time started_;  // by the clock, and by the steady one
  const Clock::time_point started_steady_;

  // Of the keeper's thread.
  std::unique_ptr<Books> books_;
  DecodedReader told_;
  std::vector<Inquiry> questions_;
  Clock::time_point answer_at_;         // not before
  const Delivery* delivery_ = nullptr;  // whose events are told
  Time generated_{};                    // of the event that is being dispatched
  Batch batch_;
  std::optional<Clock::time_point> batch_begun_;  // nullopt: it is empty
  Clock::time_point next_tick_;
  std::optional<Time> stream_;         // how far the events had gone on when it was last looked at,
  Clock::time_point stream_since_;     // and since when they stand there
  std::optional<Time> folded_to_;      // what was quiet then is still being folded
  std::optional<NewRules> new_rules_;  // to go on with
  std::optional<NewRules> next_rules_;  // by which is decoded already; from the next commit on
  std::vector<Inquiry> between_;        // to be done between two deliveries
  std::vector<Inquiry> of_store_;       // wait for the commit that is under way
  std::optional<std::unordered_set<InstanceId>> changed_;  // nullopt: nobody asks
  std::optional<Error> failure_;                           // of the last commit
  bool committing_ = false;
  Clock::time_point retry_at_;
  std::map<std::string, SourceFigures> sources_;
  Situation situation_;
  Time now_;  // when the delivery began to be told
  Cursors saved_cursors_;
  Counts past_;  // under earlier rules
  mutable Counts all_;
};

}  // namespace vmtrail
