// SPDX-License-Identifier: Apache-2.0
// Message ids that are remembered though no fact holds them.

#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "vmtrail/ids.h"
#include "vmtrail/snapshot.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Of events that were ignored, and of facts that are folded: each for one horizon of stream time.
class Seen {
 public:
  /// Remembers an id until the stream has passed `until`.
  void add(MessageId id, Time until);
  [[nodiscard]] bool contains(const MessageId& id) const { return ids_.contains(id); }
  /// Forgets what the stream has passed.
  void forget_before(Time stream_time);
  [[nodiscard]] std::vector<SeenSnapshot> snapshot() const;

 private:
  struct Entry {
    MessageId id;
    Time until;
  };
  std::unordered_map<MessageId, Time> ids_;
  std::deque<Entry> queue_;  // nearly in order of `until`; what is behind a later one waits for it
};

}  // namespace vmtrail
