// SPDX-License-Identifier: Apache-2.0

#include "model/requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vmtrail {

bool goes_before(const Requests::Loose& a, const Requests::Loose& b) {
  return a.until != b.until ? a.until < b.until : a.fact.message_id < b.fact.message_id;
}

std::vector<std::uint32_t> Requests::candidates(const RequestId& request) const {
  std::vector<std::uint32_t> result;
  const auto take = [&](std::uint32_t place) {
    result.push_back(place);
    return false;  // go on
  };
  static_cast<void>(places_.find(request.hash(), take));
  // Two requests of one instance may share what the index knows of their hashes.
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

void Requests::keep(const RequestId& request, Fact fact, Time until) {
  if (loose_.size() == kMaxLooseFacts) {
    loose_.erase(std::min_element(loose_.begin(), loose_.end(), [](const auto& a, const auto& b) {
      return goes_before(a.second, b.second);
    }));
  }
  waited_for_.add(request.text());
  loose_.emplace(request, Loose{std::move(fact), until});
  next_until_ = std::min(next_until_, until);
}

void Requests::forget(Time stream_time, Duration horizon) {
  for (auto entry = loose_.begin(); entry != loose_.end();) {
    Loose& loose = entry->second;
    if (loose.until < stream_time) {
      loose.until = std::min(loose.fact.generated, stream_time) + horizon;
    }
    entry = loose.until < stream_time ? loose_.erase(entry) : std::next(entry);
  }
  next_until_ = Time::max();
  waited_for_.clear();
  for (const auto& [request, loose] : loose_) {
    next_until_ = std::min(next_until_, loose.until);
    waited_for_.add(request.text());
  }
}

}  // namespace vmtrail
