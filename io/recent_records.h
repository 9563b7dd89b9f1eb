// SPDX-License-Identifier: Apache-2.0
// The newest change records, for everyone who follows them.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/cloudevents.h"
#include "vmtrail/ids.h"
#include "vmtrail/record.h"

namespace vmtrail {

/// Records as text, in sequence, without gaps; those of one batch.
class RecordBatch {
 public:
  struct Record {
    Sequence sequence;
    RecordType type;
    std::string_view cloudevent;
    std::string_view zenoss;  ///< empty unless it was asked for
  };

  /// `zenoss`: in that form as well.
  void add(const ChangeRecord& record, bool zenoss);
  /// Makes it as new, but for the memory that it has.
  void clear();

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  [[nodiscard]] Record operator[](std::size_t index) const;
  [[nodiscard]] Sequence first() const { return places_.front().sequence; }
  [[nodiscard]] Sequence last() const { return places_.back().sequence; }

 private:
  struct Place {
    Sequence sequence;
    RecordType type;
    std::size_t begin;
    std::size_t zenoss;
    std::size_t end;
  };
  CloudEvents cloudevents_{"vmtrail/default"};
  std::string text_;
  std::vector<Place> places_;
};

/// Where the keeper takes empty batches from. When the last reader of one has let go of it, its
/// memory is for the next: fresh memory for each would cost more than writing the records. Thread-
/// safe; batches may outlive it.
class RecordBatches {
 public:
  [[nodiscard]] std::shared_ptr<RecordBatch> blank();

 private:
  class Shelf {
   public:
    [[nodiscard]] std::unique_ptr<RecordBatch> take();
    void give_back(std::unique_ptr<RecordBatch> used);

   private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<RecordBatch>> batches_;  // guarded by it; empty ones
  };
  std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
};

/// The last records that are safe (committed), as far as the bounds allow: the oldest batches are
/// dropped, and whoever has not read them is told so. The keeper appends; any thread reads.
class RecentRecords {
 public:
  explicit RecentRecords(std::size_t most_bytes = std::size_t{16} << 20)
      : most_bytes_(most_bytes) {}

  /// The sequence that the records begin behind: that of the stored model. Before the first
  /// append() and after().
  void begin_behind(Sequence sequence);
  /// Calls `call` after each batch, from the keeper's thread, which it must not hold up. Before the
  /// first append().
  void on_append(std::function<void()> call) { on_append_ = std::move(call); }
  void append(std::shared_ptr<const RecordBatch> batch);

  /// What follows a sequence.
  struct Found {
    /// The oldest batch with something newer than that; null: nothing has come.
    std::shared_ptr<const RecordBatch> batch;
    /// Records between are no longer here; the oldest that is has this sequence.
    std::optional<Sequence> compacted;
  };
  using Clock = std::chrono::steady_clock;
  /// Waits for it until `until`, or until it is asked to stop.
  [[nodiscard]] Found after(Sequence sequence, const std::stop_token& stop,
                            Clock::time_point until);
  /// The same without waiting.
  [[nodiscard]] Found after(Sequence sequence) const;

  [[nodiscard]] Sequence newest() const;

 private:
  [[nodiscard]] Found find(Sequence sequence) const;

  const std::size_t most_bytes_;
  std::function<void()> on_append_;

  mutable std::mutex mutex_;
  std::condition_variable_any more_;
  // Guarded by the mutex.
  std::deque<std::shared_ptr<const RecordBatch>> batches_;
  std::size_t bytes_ = 0;  // of batches_
  Sequence newest_{};
};

}  // namespace vmtrail
