// SPDX-License-Identifier: Apache-2.0
// What goes on now: migrations that are under way, and who has fallen silent.

#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "vmtrail/event.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"

namespace vmtrail {

/// Kept up to date from what passes by, so that asking does not walk the model. One thread at a
/// time.
class Situation {
 public:
  /// Begins anew, from a model that was loaded.
  void begin(const Model& model);
  void on_record(const ChangeRecord& record);
  void on_event(const Event& event, Time now) {
    const std::string_view host = event[Field::publisher_host];
    if (host.empty()) return;
    const auto found = heard_.find(host);
    if (found != heard_.end()) {
      found->second = now;
    } else if (heard_.size() < kMostHosts) {
      heard_.emplace(host, now);
    }
  }

  [[nodiscard]] std::size_t open_migrations() const { return open_.size(); }
  /// Publishers of which nothing was heard since then, though it was before.
  [[nodiscard]] std::size_t silent_hosts(Time since) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  static constexpr std::size_t kMostHosts = 100'000;  // names that come from outside

  std::set<std::pair<InstanceId, std::string>> open_;  // with their request, else their beginning
  std::unordered_map<std::string, Time, Hash, std::equal_to<>> heard_;
};

}  // namespace vmtrail
