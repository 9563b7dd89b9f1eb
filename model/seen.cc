// SPDX-License-Identifier: Apache-2.0

#include "model/seen.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

void Seen::add(MessageId id, Time until) {
  Time& stored = ids_.try_emplace(id, until).first->second;
  stored = std::max(stored, until);
  queue_.push_back({std::move(id), until});
}

void Seen::forget_before(Time stream_time) {
  while (!queue_.empty() && queue_.front().until < stream_time) {
    const auto found = ids_.find(queue_.front().id);
    if (found != ids_.end() && found->second < stream_time) ids_.erase(found);
    queue_.pop_front();
  }
}

std::vector<SeenSnapshot> Seen::snapshot() const {
  std::vector<SeenSnapshot> result;
  result.reserve(ids_.size());
  for (const auto& [id, until] : ids_) result.push_back({id.to_string(), until});
  std::sort(result.begin(), result.end(), [](const SeenSnapshot& a, const SeenSnapshot& b) {
    return a.until != b.until ? a.until < b.until : a.message_id < b.message_id;
  });
  return result;
}

}  // namespace vmtrail
