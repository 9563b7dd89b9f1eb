// SPDX-License-Identifier: Apache-2.0

#include "model/hosts.h"

namespace vmtrail {

Hosts::Host& Hosts::named(NameId name, Names& names) {
  const auto [place, created] = hosts_.try_emplace(names.host_key(name));
  if (created) place->second.name = name;
  return place->second;
}

const Hosts::Host* Hosts::find(NameId key) const {
  const auto found = hosts_.find(key);
  return found == hosts_.end() ? nullptr : &found->second;
}

void Hosts::moved(NameId from, NameId to, Names& names) {
  if (names.same_host(from, to)) return;
  if (from != NameId::nothing) --named(from, names).instances;
  if (to != NameId::nothing) ++named(to, names).instances;
}

}  // namespace vmtrail
