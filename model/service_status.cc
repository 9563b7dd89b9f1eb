// SPDX-License-Identifier: Apache-2.0

#include "model/service_status.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace vmtrail {

void ServiceStatus::add(StatusReport report) {
  const auto place = std::upper_bound(
      reports_.begin(), reports_.end(), report, [](const StatusReport& a, const StatusReport& b) {
        return std::tie(a.at, a.message) < std::tie(b.at, b.message);
      });
  if (place != reports_.begin() && (place - 1)->at == report.at &&
      (place - 1)->message == report.message) {
    return;
  }
  reports_.insert(place, std::move(report));
  if (reports_.size() <= kMaxReports) return;
  for (auto one = reports_.begin() + 1; one != reports_.end() - 1; ++one) {
    if (one->status == (one - 1)->status && one->status == (one + 1)->status) {
      reports_.erase(one);
      return;
    }
  }
  reports_.erase(reports_.begin());
}

std::optional<HostStatus> ServiceStatus::at(Time time) const {
  const auto later =
      std::upper_bound(reports_.begin(), reports_.end(), time,
                       [](Time sought, const StatusReport& one) { return sought < one.at; });
  if (later == reports_.begin()) return std::nullopt;
  return (later - 1)->status;
}

template <class Same>
std::optional<Time> ServiceStatus::beginning(const Same& same) const {
  std::optional<Time> first;
  for (auto one = reports_.rbegin(); one != reports_.rend() && same(one->status); ++one) {
    first = one->at;
  }
  return first;
}

std::optional<Time> ServiceStatus::since() const {
  return beginning([this](HostStatus status) { return status == now(); });
}

std::optional<Time> ServiceStatus::out_since() const {
  return beginning([](HostStatus status) { return status != HostStatus::up; });
}

}  // namespace vmtrail
