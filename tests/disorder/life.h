// SPDX-License-Identifier: Apache-2.0
// Lives of instances, made of recorded operations, with the truth known because it was decided
// first.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/disorder/random.h"
#include "tests/disorder/recording.h"

namespace vmtrail::disorder {

/// What became of an instance in the end.
struct Truth {
  struct Move {
    MigrationKind kind;
    std::string source;
    std::string destination;
    Outcome outcome;

    friend bool operator==(const Move&, const Move&) = default;
  };

  std::string host;  ///< empty: none
  std::string vm_state;
  bool deleted = false;
  std::map<std::string, Move> moves;  ///< by request
  /// The messages of the last operation that changed where the instance is: that booted, moved,
  /// offloaded or deleted it.
  std::set<std::string> last_turn;
};

/// Everything that Nova sent about one instance, in the order in which it was sent and with true
/// times, and the truth.
struct Life {
  std::vector<Made> events;
  std::string first_host;  ///< where it was before the first event; empty: the events tell its boot
  Truth truth;
};

/// What instances of a life go through.
enum class Plot : std::uint8_t {
  one_migration,  ///< one live migration
  a_b_c,          ///< two, onwards
  a_b_a,          ///< two, there and back
  migrations,     ///< eight, each to a host at random
  any,            ///< a boot, and then whatever the captures hold, at random
  every,          ///< the same with operations that no capture has
};

struct LifeOptions {
  Plot plot = Plot::any;
  unsigned boots = 50;  ///< in how many of a hundred the boot is told; any, every: in all
  /// Between the end of one operation and the beginning of the next.
  Duration shortest_gap = std::chrono::milliseconds{200};
  Duration longest_gap = std::chrono::seconds{20};
  /// How long an operation takes, in hundredths of what it took when it was recorded.
  unsigned shortest_length = 50;
  unsigned longest_length = 400;
  bool updates_alone = true;  ///< may operations occur whose end nothing but updates tell?
};

/// Where compute services run, and where conductors and APIs do. Each event of a controller may
/// come from any of them, as remote calls go to whichever conductor is free.
[[nodiscard]] const std::vector<std::string>& compute_hosts();
[[nodiscard]] const std::vector<std::string>& controllers();

/// All that lives can be made of: captured() and written().
[[nodiscard]] std::vector<Recording> recordings();

/// A random life of the instance testing::kVm.
[[nodiscard]] Life live(const std::vector<Recording>& recordings, const LifeOptions& options,
                        Random& random);

}  // namespace vmtrail::disorder
