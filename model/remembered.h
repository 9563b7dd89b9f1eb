// SPDX-License-Identifier: Apache-2.0
// Message ids of an instance's folded facts.

#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <span>

#include <boost/container/small_vector.hpp>

#include "model/id_filter.h"
#include "model/operation.h"
#include "model/prefetch.h"
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

  /// The ids of an operation. Those before, of a stream that has begun again, are forgotten with
  /// it.
  void add(const Operation& operation, Time until) {
    if (!entries_.empty() && entries_.back().until > until) shorten(until);
    const std::size_t wanted = entries_.size() + operation.facts.size();
    // Rooms of few sizes, as they are given back.
    if (wanted > entries_.capacity()) entries_.reserve(std::bit_ceil(wanted));
    for (const Fact& fact : operation.facts) entries_.push_back({fact.message_id, until});
    ids_.add(operation.ids());
  }
  [[nodiscard]] bool contains(const MessageId& id, Time now) const {
    return ids_.may_have(id.text()) && finds(id, now);
  }
  void forget_before(Time now) {
    if (entries_.empty() || entries_.front().until >= now) return;
    if (entries_.back().until < now) return clear();
    const auto first = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.until >= now; });
    entries_.erase(entries_.begin(), first);
    ids_.clear();
    for (const Entry& entry : entries_) ids_.add(entry.id.text());
  }
  // It will be asked soon what is over, and be added to.
  void prefetch() const {
    prefetch_line(&entries_.data()->until);
    prefetch_line(entries_.data() + entries_.size());
  }
  [[nodiscard]] std::span<const Entry> entries() const {
    return {entries_.data(), entries_.size()};
  }

 private:
  [[gnu::noinline]] bool finds(const MessageId& id, Time now) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.id == id && entry.until >= now; });
  }

  [[gnu::noinline]] void shorten(Time until) {
    for (Entry& entry : entries_) entry.until = std::min(entry.until, until);
  }

  // Gives its room back: most instances are quiet most of the time, and need none then.
  void clear() {
    std::destroy_at(&entries_);
    std::construct_at(&entries_);
    ids_.clear();
  }

  boost::container::small_vector<Entry, 1> entries_;  // the oldest first
  IdFilter ids_;
};

}  // namespace vmtrail
