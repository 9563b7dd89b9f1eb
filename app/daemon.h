// SPDX-License-Identifier: Apache-2.0
// The daemon: sources, keeper and sinks, from readiness to the end.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/configuration.h"
#include "io/http_servers.h"
#include "io/intake.h"
#include "io/keeper.h"
#include "io/listeners.h"
#include "io/metrics.h"
#include "io/query_desk.h"
#include "io/recent_records.h"
#include "io/reconciler.h"
#include "io/sink_feed.h"
#include "io/source.h"
#include "io/state_lock.h"
#include "io/watch_desk.h"

namespace vmtrail {

/// Works from open() on. Belongs to the main thread.
class Daemon {
 public:
  /// Opens everything, state first and sources last. Errors: wrong_usage, rule_error, store_error
  /// (also: another daemon keeps its state there), unreadable and unwritable.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> open(const Configuration& configuration);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// The URLs at which it listens.
  [[nodiscard]] std::vector<std::string> addresses() const;

  /// What Prometheus is told. From any thread.
  [[nodiscard]] std::string metrics();

  /// Goes on with the rules in these files; the log tells what came of it. Error: they are wrong,
  /// and nothing has changed.
  [[nodiscard]] Result<void> change_rules(const std::vector<std::string>& files);

  /// Takes no more, commits and settles what there is, gives the sinks a few seconds. Error: what
  /// could not be committed.
  [[nodiscard]] Result<void> close();

 private:
  explicit Daemon(const Configuration& configuration);
  Result<void> open_state(const Configuration& configuration);
  Result<void> open_sinks(const Configuration& configuration);
  Result<void> read_positions(const Configuration& configuration);
  Result<void> open_sources(const Configuration& configuration);
  Result<void> open_listeners(const Configuration& configuration);
  void keep();
  void end_keeper();

  std::optional<StateLock> lock_;
  std::vector<RulesText> rules_;                  // the last that the keeper was given
  std::map<std::string, std::string> positions_;  // stored; by the source's URL
  Metrics metrics_;
  Intake intake_;
  RecentRecords records_;
  std::optional<QueryDesk> desk_;
  std::optional<WatchDesk> watch_;
  HttpServers http_;
  std::unique_ptr<Keeper> keeper_;
  std::vector<std::unique_ptr<SinkFeed>> sinks_;
  std::mutex sources_mutex_;  // servers may ask while sources are still opened
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Result<void> outcome_;  // of the keeper's thread
  std::jthread thread_;
  std::optional<Reconciler> reconciler_;
};

}  // namespace vmtrail
