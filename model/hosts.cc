// SPDX-License-Identifier: Apache-2.0

#include "model/hosts.h"

#include <algorithm>

namespace vmtrail {

Hosts::Host& Hosts::add(NameId name, Names& names) {
  const NameId key = names.host_key(name);
  const auto index = static_cast<std::size_t>(std::max(name, key));
  if (index >= places_.size()) places_.resize(std::max(index + 1, 2 * places_.size()));
  std::uint32_t& place = places_[static_cast<std::size_t>(key)];
  if (place == 0) {
    Host& host = hosts_.emplace_back();
    host.key = key;
    host.name = name;
    mark_changed(host);
    place = static_cast<std::uint32_t>(hosts_.size());
  }
  places_[static_cast<std::size_t>(name)] = place;
  return hosts_[place - 1];
}

void Hosts::moved(NameId from, NameId to, Names& names) {
  if (from != NameId::nothing) --named(from, names).instances;
  if (to != NameId::nothing) ++named(to, names).instances;
}

}  // namespace vmtrail
