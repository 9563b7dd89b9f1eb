// SPDX-License-Identifier: Apache-2.0
// What the daemon is to do: its configuration file, and what the command line adds.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/store.h"
#include "io/url.h"
#include "vmtrail/error.h"
#include "vmtrail/time.h"

namespace vmtrail {

struct Configuration {
  std::string state;  ///< directory; empty: in memory only
  std::vector<Url> sources;
  std::vector<Url> sinks;
  std::vector<Url> listeners;
  std::vector<std::string> rules;  ///< files on top of the shipped table
  std::optional<Duration> horizon;
  bool short_hosts = false;
  std::optional<std::size_t> explain;
  std::optional<std::size_t> history;
  std::string log_level = "info";
  bool log_json = false;
  std::size_t batch_events = 50'000;
  std::chrono::milliseconds batch_delay{5};
  Retention retention;
  struct Reconcile {
    std::string cloud;  ///< in clouds.yaml
    std::chrono::milliseconds every = std::chrono::minutes{10};
    bool operator==(const Reconcile&) const = default;
  };
  std::optional<Reconcile> reconcile;
  std::size_t most_watchers = 1000;
  std::size_t recent_bytes = std::size_t{16} << 20;  ///< of records, in memory for who follows them
  std::chrono::milliseconds watch_heartbeat{5'000};
  std::chrono::milliseconds watch_patience{30'000};
  bool beyond_loopback = false;
};

/// Reads a configuration file (docs/serve.md); relative paths in it start from its directory. Every
/// URL's scheme and the names of its options are checked. Errors: unreadable; wrong_usage as
/// "file:line:column: what; found: …".
[[nodiscard]] Result<Configuration> read_configuration(const std::string& file);

/// A source, a sink or a listener of the command line. Error: wrong_usage.
[[nodiscard]] Result<Url> source_url(std::string_view text);
[[nodiscard]] Result<Url> sink_url(std::string_view text);
[[nodiscard]] Result<Url> listener_url(std::string_view text);

/// What of it is another and holds after a restart alone: all but the rules and the log's level, by
/// their keys.
[[nodiscard]] std::vector<std::string> changed_for_restart(const Configuration& before,
                                                           const Configuration& after);

/// What can only be seen of the whole (no source, one given twice), and whether all that it names
/// can be prepared: the values of options, keys, tokens, the cloud. Opens nothing.
/// Errors: wrong_usage, unreadable.
[[nodiscard]] Result<void> check_configuration(const Configuration& configuration);

}  // namespace vmtrail
