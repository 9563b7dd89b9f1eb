// SPDX-License-Identifier: Apache-2.0
// The compute hosts that facts and service events have named.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/names.h"
#include "vmtrail/ids.h"
#include "vmtrail/placement.h"
#include "vmtrail/snapshot.h"
#include "vmtrail/time.h"

namespace vmtrail {

class Hosts {
 public:
  struct Host {
    NameId name;  ///< as first spelled
    HostStatus status = HostStatus::up;
    Time told_at = Time::min();  ///< of the newest service event
    MessageId told_by;
    std::size_t instances = 0;  ///< that are on it now
  };

  /// The host of that name, created if need be. `nothing` is no host.
  Host& named(NameId name, Names& names);
  [[nodiscard]] const Host* find(NameId key) const;

  /// An instance has gone from one to the other; either may be `nothing`.
  void moved(NameId from, NameId to, Names& names);

  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] const std::unordered_map<NameId, Host>& all() const { return hosts_; }

 private:
  std::unordered_map<NameId, Host> hosts_;  // by host key
};

}  // namespace vmtrail
