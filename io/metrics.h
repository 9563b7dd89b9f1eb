// SPDX-License-Identifier: Apache-2.0
// What Prometheus is told; docs/serve.md lists it.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "io/intake.h"
#include "io/reconciler.h"
#include "io/sink_feed.h"
#include "io/watch_desk.h"

namespace vmtrail {

/// Counts commits as they happen, and gathers the rest when it is asked. Thread-safe.
class Metrics {
 public:
  struct SourceState {
    std::string name;
    std::optional<bool> up;  ///< see Source::up()
  };

  Metrics();
  ~Metrics();

  void committed(std::chrono::nanoseconds took);

  /// Everything, in Prometheus' text format. Asks the keeper, and waits for it, but not long; what
  /// it does not answer in time is left out. nullptr: nothing is reconciled.
  [[nodiscard]] std::string text(Intake& intake, std::span<const SourceState> sources,
                                 std::span<const std::unique_ptr<SinkFeed>> sinks,
                                 const WatchDesk::Figures& watching = {},
                                 const Reconciler* reconciler = nullptr) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vmtrail
