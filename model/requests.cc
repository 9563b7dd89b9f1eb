// SPDX-License-Identifier: Apache-2.0

#include "model/requests.h"

#include <algorithm>
#include <utility>

#include "model/operation.h"

namespace vmtrail {

bool is_joinable(OperationKind kind) {
  return (is_serial(kind) && kind != OperationKind::boot) || kind == OperationKind::remove;
}

std::vector<std::uint32_t> Requests::candidates(const RequestId& request) const {
  std::vector<std::uint32_t> result;
  const auto take = [&](std::uint32_t place) {
    result.push_back(place);
    return false;  // go on
  };
  static_cast<void>(places_.find(request.hash(), take));
  return result;
}

void Requests::keep(const RequestId& request, Fact fact, Time until) {
  if (loose_.size() == kMaxLooseFacts) {
    loose_.erase(std::min_element(loose_.begin(), loose_.end(), [](const auto& a, const auto& b) {
      return a.second.until < b.second.until;
    }));
  }
  waited_for_.add(request.hash());
  loose_.emplace(request, Loose{std::move(fact), until});
  next_until_ = std::min(next_until_, until);
}

void Requests::forget(Time stream_time) {
  std::erase_if(loose_, [&](const auto& entry) { return entry.second.until < stream_time; });
  next_until_ = Time::max();
  waited_for_.clear();
  for (const auto& [request, loose] : loose_) {
    next_until_ = std::min(next_until_, loose.until);
    waited_for_.add(request.hash());
  }
}

}  // namespace vmtrail
