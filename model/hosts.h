// SPDX-License-Identifier: Apache-2.0
// The compute hosts that facts and service events have named.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "model/names.h"
#include "model/service_status.h"

namespace vmtrail {

class Hosts {
 public:
  struct Host {
    NameId key;   ///< see Names::host_key()
    NameId name;  ///< as first spelled
    ServiceStatus status;
    std::size_t instances = 0;  ///< that are on it now
    bool changed = false;       ///< see mark_changed()
  };

  /// The host of that name, created if need be. `nothing` is no host.
  Host& named(NameId name, Names& names) {
    const auto index = static_cast<std::size_t>(name);
    if (index < places_.size() && places_[index] != 0) return hosts_[places_[index] - 1];
    return add(name, names);
  }

  /// The one with this key; nullptr: there is none.
  [[nodiscard]] const Host* find(NameId key) const {
    const auto index = static_cast<std::size_t>(key);
    return index < places_.size() && places_[index] != 0 ? &hosts_[places_[index] - 1] : nullptr;
  }

  /// An instance has gone from one to the other; either may be `nothing`.
  void moved(NameId from, NameId to, Names& names);

  /// What has changed since clear_changed(), but for how many instances it has; new ones do.
  void mark_changed(Host& host) {
    if (!std::exchange(host.changed, true)) changed_.push_back(&host);
  }
  [[nodiscard]] const std::vector<Host*>& changed() const { return changed_; }
  void clear_changed() {
    for (Host* const host : changed_) host->changed = false;
    changed_.clear();
  }

  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] const std::deque<Host>& all() const { return hosts_; }

 private:
  Host& add(NameId name, Names& names);

  std::deque<Host> hosts_;             // in the order in which they were heard of; addresses stay
  std::vector<std::uint32_t> places_;  // by key, and by name once it was asked for; plus 1
  std::vector<Host*> changed_;
};

}  // namespace vmtrail
