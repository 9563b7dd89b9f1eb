// SPDX-License-Identifier: Apache-2.0

#include "model/requests.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/operation.h"

namespace vmtrail {

bool is_joinable(OperationKind kind) {
  return (is_serial(kind) && kind != OperationKind::boot) || kind == OperationKind::remove;
}

void Requests::remove(const RequestId& request, std::uint32_t place) {
  const auto [begin, end] = places_.equal_range(request);
  const auto found =
      std::find_if(begin, end, [&](const auto& entry) { return entry.second == place; });
  if (found != end) places_.erase(found);
}

std::vector<std::uint32_t> Requests::places(const RequestId& request) const {
  std::vector<std::uint32_t> result;
  const auto [begin, end] = places_.equal_range(request);
  std::transform(begin, end, std::back_inserter(result),
                 [](const auto& entry) { return entry.second; });
  return result;
}

void Requests::keep(const RequestId& request, Fact fact, Time until) {
  if (loose_.size() == kMaxLooseFacts) {
    loose_.erase(std::min_element(loose_.begin(), loose_.end(), [](const auto& a, const auto& b) {
      return a.second.until < b.second.until;
    }));
  }
  loose_.emplace(request, Loose{std::move(fact), until});
  next_until_ = std::min(next_until_, until);
}

void Requests::forget_before(Time stream_time) {
  if (stream_time <= next_until_) return;
  std::erase_if(loose_, [&](const auto& entry) { return entry.second.until < stream_time; });
  next_until_ = Time::max();
  for (const auto& [request, loose] : loose_) next_until_ = std::min(next_until_, loose.until);
}

}  // namespace vmtrail
