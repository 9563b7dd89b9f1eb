// SPDX-License-Identifier: Apache-2.0

#include "model/skew.h"

#include <algorithm>

namespace vmtrail {

void Skew::note(const Operation& operation, std::size_t index) {
  const Fact& fact = operation.facts[index];
  if (!fact.rule->causal || fact.publisher_host == NameId::nothing) return;
  for (const Fact& other : operation.facts) {
    if (!other.rule->causal || other.rule->rank == fact.rule->rank ||
        other.publisher_host == NameId::nothing || other.publisher_key == fact.publisher_key) {
      continue;
    }
    const bool other_first = other.rule->rank < fact.rule->rank;
    const Fact& first = other_first ? other : fact;
    const Fact& second = other_first ? fact : other;
    if (first.generated > second.generated) {
      raise(first.publisher_key, second.publisher_key, first.generated - second.generated);
    }
  }
}

void Skew::raise(NameId ahead, NameId behind, Duration at_least) {
  Duration& known = pairs_.try_emplace({ahead, behind}, Duration::zero()).first->second;
  known = std::max(known, at_least);
  if (pairs_.size() > kMaxSkewPairs) {
    pairs_.erase(std::min_element(pairs_.begin(), pairs_.end(), [](const auto& a, const auto& b) {
      return a.second < b.second;
    }));
  }
}

std::vector<ClockSkew> Skew::answer(const Names& names) const {
  std::vector<ClockSkew> result;
  for (const auto& [pair, at_least] : pairs_) {
    result.push_back({names.text(pair.first), names.text(pair.second), at_least});
  }
  std::sort(result.begin(), result.end(), [](const ClockSkew& a, const ClockSkew& b) {
    if (a.at_least != b.at_least) return a.at_least > b.at_least;
    return a.ahead != b.ahead ? a.ahead < b.ahead : a.behind < b.behind;
  });
  return result;
}

std::vector<SkewSnapshot> Skew::snapshot(const Names& names) const {
  std::vector<SkewSnapshot> result;
  for (const auto& [pair, at_least] : pairs_) {
    result.push_back(
        {std::string(names.text(pair.first)), std::string(names.text(pair.second)), at_least});
  }
  return result;
}

void Skew::restore(const SkewSnapshot& saved, Names& names) {
  raise(names.intern(saved.ahead), names.intern(saved.behind), saved.at_least);
}

}  // namespace vmtrail
