// SPDX-License-Identifier: Apache-2.0

#include "model/name_index.h"

#include <algorithm>
#include <string>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kUnsorted = 4096;  // new instances that are looked at one by one

bool begins(const InstanceId& id, std::string_view prefix, std::string& room) {
  room.clear();
  id.append_to(room);
  return std::string_view(room).starts_with(prefix);
}

}  // namespace

void NameChains::move(std::uint32_t place, NameId name) {
  if (place >= links_.size()) {
    if (name == NameId::nothing) return;
    if (place >= links_.capacity()) links_.reserve(place + std::size_t{place} / 2 + 64);
    links_.resize(place + std::size_t{1});
  }
  Link& link = links_[place];
  if (link.name != NameId::nothing) {
    if (link.next != kEnd) links_[link.next - 1].previous = link.previous;
    if (link.previous != kEnd) {
      links_[link.previous - 1].next = link.next;
    } else {
      first_[static_cast<std::size_t>(link.name)] = link.next;
    }
  }
  link = {};
  if (name == NameId::nothing) return;
  const auto index = static_cast<std::size_t>(name);
  if (index >= first_.size()) {
    if (index >= first_.capacity()) first_.reserve(index + index / 2 + 64);
    first_.resize(index + 1);
  }
  link = {name, first_[index], kEnd};
  if (link.next != kEnd) links_[link.next - 1].previous = place + 1;
  first_[index] = place + 1;
}

NameIndex::NameIndex(const Instances& instances, Names& names)
    : instances_(instances), names_(names) {
  instances_.for_each([this](const Instance& instance) { put(instance); });
  sort();
}

void NameIndex::sort() {
  std::vector<std::pair<InstanceId, std::uint32_t>> fresh;
  const std::size_t known = sorted_.size();
  fresh.reserve(instances_.size() - known);
  for (auto place = static_cast<std::uint32_t>(known); place < instances_.size(); ++place) {
    fresh.emplace_back(instances_.id(place), place);
  }
  std::sort(fresh.begin(), fresh.end());
  for (const auto& [id, place] : fresh) sorted_.push_back(place);
  std::inplace_merge(
      sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(known), sorted_.end(),
      [this](std::uint32_t a, std::uint32_t b) { return instances_.id(a) < instances_.id(b); });
}

std::vector<InstanceId> NameIndex::with_prefix(std::string_view prefix) {
  if (instances_.size() > sorted_.size() + kUnsorted) sort();
  std::vector<InstanceId> found;
  std::string room;
  const auto first = std::partition_point(sorted_.begin(), sorted_.end(), [&](std::uint32_t place) {
    room.clear();
    instances_.id(place).append_to(room);
    return std::string_view(room) < prefix;
  });
  for (auto at = first; at != sorted_.end() && begins(instances_.id(*at), prefix, room); ++at) {
    found.push_back(instances_.id(*at));
  }
  for (auto place = static_cast<std::uint32_t>(sorted_.size()); place < instances_.size();
       ++place) {
    if (begins(instances_.id(place), prefix, room)) found.push_back(instances_.id(place));
  }
  return found;
}

}  // namespace vmtrail
