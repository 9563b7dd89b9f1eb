// SPDX-License-Identifier: Apache-2.0
// Watching a running program.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/url.h"
#include "vmtrail/error.h"
#include "vmtrail/query.h"

namespace vmtrail {

/// What a watch tells, whichever way it comes.
struct WatchEvent {
  std::string kind;                       ///< snapshot, record, heartbeat, compacted, cut
  std::optional<std::uint64_t> sequence;  ///< nullopt: it has none
  bool complete = false;                  ///< the snapshot's last
  std::string json;                       ///< as over ZeroMQ: {"watch":KIND,"sequence":N,…}
};

/// The other end of a listener's URL; keeps its place, so that it goes on where it was. For one
/// thread.
class WatchClient {
 public:
  struct Calls {
    std::function<void(const WatchEvent&)> take;  ///< of every kind
    std::function<bool()> ends;                   ///< asked several times a second
  };

  /// Error: wrong_usage.
  [[nodiscard]] static Result<std::unique_ptr<WatchClient>> open(const Url& url);
  virtual ~WatchClient() = default;

  /// Watches until it is told to end. `request` is a `watch`; its `since` and `epoch` are for the
  /// first time. Errors: wrong_usage, as it was answered; unavailable: it cannot be reached, the
  /// connection has ended, it was cut off, or nothing has come for much longer than between two
  /// heartbeats.
  Result<void> watch(Request request, const Calls& calls);

  [[nodiscard]] bool heard() const { return heard_; }  ///< was it ever reached?
  /// The sequence behind which it goes on; nullopt: it begins with a snapshot.
  [[nodiscard]] std::optional<std::uint64_t> behind() const { return behind_; }

 protected:
  static constexpr auto kSilence = std::chrono::seconds{30};
  static constexpr auto kLook = std::chrono::milliseconds{100};  // between two calls of `ends`

  virtual Result<void> run(const Request& request, const Calls& calls) = 0;
  /// Keeps note of the place, and calls `take`. `json` is what came over ZeroMQ or is made to be
  /// so. Error: it is nothing that a watch tells, or the watch is cut off.
  Result<void> take(const Url& url, std::string json, const Calls& calls);

 private:
  std::optional<std::uint64_t> behind_;
  std::string epoch_;   // of that
  bool whole_ = false;  // what came makes up the model: it can be resumed
  bool begun_ = false;
  bool heard_ = false;
};

}  // namespace vmtrail
