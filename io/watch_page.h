// SPDX-License-Identifier: Apache-2.0
// The model in pages, so that the keeper goes on between any two.

#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/bell.h"
#include "io/intake.h"
#include "io/watch_filter.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// Every instance that was known at a sequence, in ascending order.
struct Roster {
  Sequence sequence{};
  std::vector<InstanceId> ids;
};

/// Some of a roster as the model had them at one sequence, later or the same.
struct WatchPage {
  Sequence sequence{};
  std::string text;  ///< `,"instances":[…],"migrations":[…]` and, where it is asked for, `hosts`
  std::vector<InstanceId> on_host;  ///< those on the host of the filter, if it has one
};

/// What the keeper has been asked for and gives from its own thread, and then rings.
template <class Thing>
class Awaited {
 public:
  void give(Thing thing) {
    const std::lock_guard lock(mutex_);
    thing_ = std::move(thing);
  }
  /// nullopt: not yet.
  [[nodiscard]] std::optional<Thing> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(thing_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Thing> thing_;  // guarded by it
};

/// nullptr: the intake takes no more questions now.
[[nodiscard]] std::shared_ptr<Awaited<Roster>> ask_roster(Intake& intake,
                                                          std::shared_ptr<Bell> bell);

struct PageRequest {
  std::shared_ptr<const Roster> roster;
  std::size_t begin = 0;  ///< index of the first instance
  std::size_t end = 0;    ///< behind the last
  WatchRequest filter{};
  bool hosts = false;
};
/// At most this many instances: the keeper is to take well under a millisecond.
inline constexpr std::size_t kPageSize = 64;
/// The same.
[[nodiscard]] std::shared_ptr<Awaited<WatchPage>> ask_page(Intake& intake, PageRequest request,
                                                           std::shared_ptr<Bell> bell);

}  // namespace vmtrail
