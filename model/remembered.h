// SPDX-License-Identifier: Apache-2.0
// Message ids of an instance's folded facts.

#pragma once

#include <algorithm>
#include <span>

#include <boost/container/small_vector.hpp>

#include "model/id_filter.h"
#include "model/operation.h"
#include "model/room.h"
#include "vmtrail/ids.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// What Seen is for all, of one instance that is awake, whose memory is at hand when its facts are
/// folded and when it is heard of again.
class Remembered {
 public:
  struct Entry {
    MessageId id;
    Time until;  ///< stream time
  };

  /// The ids of an operation; until later than those before, or as long.
  void add(const Operation& operation, Time until) {
    for (const Fact& fact : operation.facts) {
      reserve_one(entries_, 8);
      entries_.push_back({fact.message_id, until});
    }
    ids_.add(operation.ids());
  }
  /// `hash`: the id's.
  [[nodiscard]] bool contains(const MessageId& id, std::size_t hash, Time now) const {
    return ids_.may_have(hash) && finds(id, now);
  }
  void forget_before(Time now) {
    if (entries_.empty() || entries_.front().until >= now) return;
    const auto first = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.until >= now; });
    entries_.erase(entries_.begin(), first);
    ids_.clear();
    for (const Entry& entry : entries_) ids_.add(entry.id.hash());
  }
  [[nodiscard]] std::span<const Entry> entries() const {
    return {entries_.data(), entries_.size()};
  }

 private:
  [[gnu::noinline]] bool finds(const MessageId& id, Time now) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.id == id && entry.until >= now; });
  }

  boost::container::small_vector<Entry, 1> entries_;  // the oldest first
  IdFilter ids_;
};

}  // namespace vmtrail
