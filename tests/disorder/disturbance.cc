// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/disturbance.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace vmtrail::disorder {
namespace {

constexpr std::string_view kPostEnd = "compute.instance.live_migration._post.end";
constexpr std::string_view kDestEnd = "compute.instance.live_migration.post.dest.end";

void repeat(std::vector<Made>& events, std::size_t index, Random& random) {
  const std::size_t later = index + 1 + random.below(events.size() - index);
  Made copy = events[index];
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(later), std::move(copy));
}

/// In the order of arrival; `sent` has true times.
std::vector<Made> delayed(const std::vector<Made>& sent, const Disturbance& disturbance,
                          Random& random) {
  std::vector<std::pair<Time, std::size_t>> arrivals;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const bool late = (disturbance.late_post_end && sent[i].event_type == kPostEnd) ||
                      (disturbance.late_dest_end && sent[i].event_type == kDestEnd) ||
                      (disturbance.late != 0 && random.in_a_hundred(disturbance.late));
    arrivals.emplace_back(
        sent[i].generated +
            (late ? random.between(disturbance.least_late, disturbance.most_late) : Duration{0}),
        i);
  }
  std::sort(arrivals.begin(), arrivals.end());
  std::vector<Made> result;
  result.reserve(sent.size());
  for (const auto& [time, index] : arrivals) result.push_back(sent[index]);
  return result;
}

}  // namespace

Arrival disturb(std::vector<Made> sent, const Disturbance& disturbance, Random& random) {
  sent.erase(
      std::remove_if(sent.begin(), sent.end(),
                     [&](const Made& event) {
                       return (disturbance.loses_dest_end && event.event_type == kDestEnd) ||
                              (disturbance.lost != 0 && random.in_a_hundred(disturbance.lost));
                     }),
      sent.end());
  std::vector<Made> arrived = delayed(sent, disturbance, random);
  if (disturbance.shuffle) random.shuffle(arrived);
  if (disturbance.duplicates != 0) {
    for (std::size_t i = arrived.size(); i-- > 0;) {
      if (random.in_a_hundred(disturbance.duplicates)) repeat(arrived, i, random);
    }
  }
  if (disturbance.redeliver_one && !arrived.empty()) {
    repeat(arrived, random.below(arrived.size()), random);
  }
  std::map<std::string, Duration, std::less<>> clocks;
  const auto stamp = [&](Made& event) {
    const auto publisher = event.fields.find(Field::publisher_host);
    if (publisher == event.fields.end()) return;
    const auto [clock, fresh] = clocks.try_emplace(publisher->second);
    if (fresh) clock->second = random.between(-disturbance.skew, disturbance.skew);
    event.generated += clock->second;
  };
  std::for_each(sent.begin(), sent.end(), stamp);
  std::for_each(arrived.begin(), arrived.end(), stamp);
  return {std::move(sent), std::move(arrived)};
}

}  // namespace vmtrail::disorder
