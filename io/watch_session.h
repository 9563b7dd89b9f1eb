// SPDX-License-Identifier: Apache-2.0
// One watcher: a snapshot in pages with what changes meanwhile, then every record.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/bell.h"
#include "io/intake.h"
#include "io/seats.h"
#include "io/watch_filter.h"
#include "io/watch_outlet.h"
#include "io/watch_page.h"
#include "io/watch_records.h"

namespace vmtrail {

/// Whom snapshots are to be taken of, and whose turn it is; those that begin soon after each other
/// share one roster. For one thread. Borrows all.
class Rosters {
 public:
  Rosters(Intake& intake, const WatchRecords& records, std::shared_ptr<Bell> bell)
      : intake_(intake), records_(records), bell_(std::move(bell)) {}

  /// nullptr: not yet, ask again when the bell has rung, or soon.
  [[nodiscard]] std::shared_ptr<const Roster> get();

  /// The keeper is to be asked for a page; nullptr: for enough of them already. Held until it
  /// comes.
  [[nodiscard]] std::shared_ptr<void> turn() { return turns_.take(); }

 private:
  static constexpr std::size_t kTurns = 4;

  Intake& intake_;
  const WatchRecords& records_;
  const std::shared_ptr<Bell> bell_;
  std::vector<std::weak_ptr<const Roster>> in_use_;  // the newest last
  std::shared_ptr<Awaited<Roster>> asked_;
  Seats turns_{kTurns};
};

/// Tells one watcher, step by step, so that many take turns in one thread.
///
/// Page i of the snapshot is of a sequence of its own; what changes behind it is told of the
/// instances whose page has been sent, and of those that have come since. So whoever applies all in
/// the order in which it comes has exactly the model once he is told that it is complete.
class WatchSession {
 public:
  struct Setting {
    Intake& intake;
    WatchRecords& records;
    Rosters& rosters;
    std::shared_ptr<Bell> bell;
    std::chrono::milliseconds heartbeat;
    std::chrono::milliseconds patience;  ///< with one that takes nothing of what is there
    bool short_hosts;
    std::string epoch;
  };
  /// `seat` is held for as long as the watcher is there.
  WatchSession(const Setting& setting, WatchRequest request, std::unique_ptr<WatchOutlet> outlet,
               std::shared_ptr<void> seat);

  enum class Step : std::uint8_t {
    idle,  ///< nothing to do until the bell rings or time has passed
    more,
    retry,  ///< something is to be asked again soon
    over,   ///< the watcher has gone
    cut,    ///< the watcher was too slow
  };
  using Clock = std::chrono::steady_clock;
  Step step(Clock::time_point now);

  /// Ends it.
  void cut(std::string_view reason);

 private:
  enum class Phase : std::uint8_t {
    beginning,
    listing,  // waits for a roster
    paging,
    rolling,  // goes through the records since, for who was on the host then
    live,
  };

  Step advance(Clock::time_point now);
  Step begin();
  Step list();
  Step page();
  Step roll();
  Step follow();
  Step too_slow();
  Step failed();
  void begin_anew();
  bool take_pages();
  void complete();
  [[nodiscard]] bool has_been_sent(Sequence sequence, const RecordOutline& record) const;
  /// From where it resumes; nullopt: it is to begin with a snapshot.
  [[nodiscard]] std::optional<Sequence> resumes_behind() const;
  void put(WatchMessage message);
  void beat(Clock::time_point now);
  [[nodiscard]] bool is_stuck(Clock::time_point now);
  [[nodiscard]] bool is_full() const;

  const Setting& setting_;
  const WatchRequest request_;
  const std::unique_ptr<WatchOutlet> outlet_;
  const std::shared_ptr<void> seat_;

  Phase phase_ = Phase::beginning;
  WatchFilter filter_;
  Sequence cursor_{};              // every record up to it has been looked at
  bool told_ = false;              // something was put in this step
  Clock::time_point next_beat_{};  // the first one tells at once that it is heard
  Clock::time_point moved_at_;     // when something was last taken, or nothing was to be taken
  std::uint64_t taken_ = 0;
  bool caught_up_ = false;                          // it once had everything
  std::optional<Clock::time_point> held_up_since_;  // there is more than it takes

  // Of the snapshot.
  bool silent_ = false;  // it is only to find out who is on the host
  std::shared_ptr<const Roster> roster_;
  std::size_t next_ = 0;  // index in the roster
  std::shared_ptr<Awaited<WatchPage>> asked_;
  std::shared_ptr<void> turn_;  // while it is asked
  std::size_t asked_to_ = 0;
  struct Sent {
    std::size_t end;  // index behind its last instance
    Sequence sequence;
  };
  std::deque<Sent> pages_;              // those of sequences that records have not come to yet
  std::size_t settled_ = 0;             // index behind the last instance of the pages before these
  std::optional<Sequence> first_page_;  // it has the hosts
  Sequence last_page_{};

  // Of going through what was since.
  Sequence rolled_{};
  Sequence roll_to_{};
  std::unordered_map<InstanceId, bool> was_there_;  // before the first record that names the host
};

}  // namespace vmtrail
