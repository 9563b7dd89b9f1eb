// SPDX-License-Identifier: Apache-2.0
// The change records for watchers: the recent ones, else those of the store.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/recent_records.h"
#include "io/store_reader.h"
#include "io/watch_filter.h"

namespace vmtrail {

/// Reads records for any number of watchers, each of which has a cursor of its own; what is looked
/// into is so once for all. May wait for the disk. For one thread. Borrows the recent records.
class WatchRecords {
 public:
  /// `state` is the directory of the store; empty: there is none.
  WatchRecords(const RecentRecords& recent, std::string state)
      : recent_(recent), state_(std::move(state)) {}

  enum class Found : std::uint8_t {
    nothing,  ///< behind the sequence nothing has come yet
    recent,
    stored,
    gone,    ///< what follows is neither here nor there, or it never was
    failed,  ///< the store cannot be read, which the log tells
  };
  /// false: no more of them now.
  using Take = std::function<bool(Sequence, std::string_view cloudevent, const RecordOutline*)>;
  /// Calls `take` with the records behind a sequence, at most a few hundred. Their outlines are
  /// given if `outlined`.
  Found read(Sequence behind, bool outlined, const Take& take);

  /// Are those behind it still in memory?
  [[nodiscard]] bool has_recent(Sequence behind) const {
    return !recent_.after(behind).compacted.has_value();
  }
  [[nodiscard]] Sequence newest() const { return recent_.newest(); }

 private:
  struct Outlined {
    std::shared_ptr<const RecordBatch> batch;
    std::vector<std::optional<RecordOutline>> outlines;  // by index in the batch
  };
  Outlined& outlined_of(const std::shared_ptr<const RecordBatch>& batch);
  Found read_stored(Sequence behind, Sequence newest, bool outlined, const Take& take);

  const RecentRecords& recent_;
  const std::string state_;
  std::optional<StoreReader> store_;  // opened when it is first wanted
  std::deque<Outlined> looked_into_;  // the latest last
};

}  // namespace vmtrail
