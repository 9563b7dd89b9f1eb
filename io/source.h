// SPDX-License-Identifier: Apache-2.0
// A source: where messages come from while the program runs.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "io/delivery.h"

namespace vmtrail {

/// A delivery whose events are safe: committed to the store, or applied where there is none.
struct Settled {
  std::uint64_t tag;  ///< of the delivery
  DeliveryCounts counts;
};

/// Receives messages in a thread of its own (or several, or those of a server) and puts them into
/// the intake, which makes it wait while it is full. It receives from its construction on. What it
/// has handed over and is never told settled, it must be able to get again.
class Source {
 public:
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Receives no more, and puts no more into the intake once this returns; what it has put there
  /// will still be settled. To be called before the intake is closed.
  virtual void stop() = 0;

  /// Acknowledges deliveries, in the order in which they were put, by their tags. Called by the
  /// keeper's thread, which it must not hold up; the source may have stopped by then.
  virtual void settle(std::span<const Settled> /*deliveries*/) {}

  /// The URL at which it listens, with the port that was found free; empty: it listens nowhere.
  [[nodiscard]] virtual std::string address() const { return {}; }

  /// Can it receive what others send it? nullopt: it cannot know. From any thread.
  [[nodiscard]] virtual std::optional<bool> up() const { return true; }

  /// Its URL as configured: in logs, in metrics, in the quarantine, and the key of its position.
  [[nodiscard]] const std::string& name() const { return name_; }

 protected:
  explicit Source(std::string name) : name_(std::move(name)) {}

 private:
  const std::string name_;
};

}  // namespace vmtrail
