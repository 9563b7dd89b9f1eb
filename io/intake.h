// SPDX-License-Identifier: Apache-2.0
// What waits for the keeper: deliveries of all sources, and questions.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "io/delivery.h"

namespace vmtrail {

class Keeper;

/// Something that the keeper is to do or to answer between two deliveries: it reads the model from
/// its own thread. To take well under a millisecond.
using Inquiry = std::function<void(Keeper&)>;

/// A queue with bounds, between many sources and one keeper. When it is full a source waits: that
/// is what slows a flood down, and nothing is dropped. Thread-safe.
class Intake {
 public:
  struct Limits {
    /// One delivery may exceed it alone. As much as comes while a keeper commits; where nothing is
    /// committed what waits had better stay in the caches.
    std::size_t bytes = std::size_t{32} << 20;
    static constexpr std::size_t kBytesWithoutStore = std::size_t{2} << 20;
    std::size_t deliveries = 4096;
    std::size_t questions = 1024;
  };

  Intake() : Intake(Limits()) {}
  explicit Intake(const Limits& limits) : limits_(limits) {}

  // ---- sources

  /// An empty delivery, if possible one that has been used and keeps its buffers.
  [[nodiscard]] Delivery blank();
  using Clock = std::chrono::steady_clock;
  /// By which a source may decode its deliveries itself; nullptr: not yet.
  [[nodiscard]] std::shared_ptr<const RuleSet> rules() const;
  /// Waits while there is no room. false: it was asked to stop, it is late, the intake is closed,
  /// or the delivery was decoded by other rules than rules(); it is untouched.
  [[nodiscard]] bool put(Delivery&& delivery, const std::stop_token& stop,
                         Clock::time_point until = Clock::time_point::max());
  /// Never waits. false: there is no room, or as for put(); the delivery is untouched.
  [[nodiscard]] bool try_put(Delivery& delivery);
  /// Calls `call` once, as soon as there is room for so much or the intake is closed: perhaps at
  /// once, else from another thread, which it must not hold up (post to an executor). Room may be
  /// gone again by then.
  void when_room(std::size_t bytes, std::function<void()> call);

  // ---- questions

  /// false: there are too many already, or the intake is closed.
  [[nodiscard]] bool ask(Inquiry question);
  /// The same of one that takes microseconds and wants the model alone: while that is lent it is
  /// answered by the caller's thread, before this returns, which saves two changes of threads. Who
  /// else asks so at that time is waited for. The question must not throw.
  [[nodiscard]] bool ask_quick(Inquiry question);

  // ---- the keeper

  /// From now on nothing is taken in that was decoded by other rules. Returns what waits and was.
  [[nodiscard]] std::deque<Delivery> set_rules(std::shared_ptr<const RuleSet> rules);
  /// What has come. `deliveries` are only taken `with_deliveries`.
  struct Taken {
    std::vector<Delivery> deliveries;
    std::vector<Inquiry> questions;
    bool closed = false;  ///< and nothing is left
  };
  /// Waits for anything until `until`; replaces what is in `taken`. While it waits the keeper, if
  /// it is told here, lends its model.
  void take(Taken& taken, bool with_deliveries, Clock::time_point until, Keeper* keeper = nullptr);
  /// Questions alone, if there are any, without waiting.
  void take_questions(std::vector<Inquiry>& questions);
  /// Are there any? Costs nothing.
  [[nodiscard]] bool has_questions() const { return asked_.load(std::memory_order_relaxed); }
  /// Until take_back(), which waits for those who are at it, the keeper does without its model.
  /// false: not now, somebody waits for an answer, and would wait until then.
  [[nodiscard]] bool lend(Keeper& keeper);
  void take_back();
  /// For blank().
  void give_back(Delivery&& used);

  /// Nothing more is taken in; what is there already is still to be taken out.
  void close();
  [[nodiscard]] bool is_closed() const;

  struct Depth {
    std::size_t deliveries;
    std::size_t bytes;
    std::size_t inquiries;
  };
  [[nodiscard]] Depth depth() const;

 private:
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  [[nodiscard]] bool may_take(const Delivery& delivery) const;
  void push(Delivery&& delivery);

  const Limits limits_;

  mutable std::mutex mutex_;
  std::condition_variable something_;  // for the keeper
  std::condition_variable_any room_;   // for sources
  std::condition_variable returned_;   // for who wants the model
  std::atomic<bool> asked_ = false;    // there are inquiries_
  // Guarded by the mutex.
  std::shared_ptr<const RuleSet> rules_;
  std::deque<Delivery> deliveries_;
  std::size_t bytes_ = 0;  // of deliveries_
  std::vector<Inquiry> inquiries_;
  Keeper* lent_ = nullptr;                      // nullptr: the keeper is at work
  bool in_use_ = false;                         // by somebody to whom it is lent
  std::vector<std::function<void()>> waiting_;  // for room
  std::vector<Delivery> used_;
  bool closed_ = false;
};

}  // namespace vmtrail
