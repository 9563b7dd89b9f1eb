// SPDX-License-Identifier: Apache-2.0
// What a watcher asks for, and which records are for it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "vmtrail/error.h"
#include "vmtrail/ids.h"
#include "vmtrail/query.h"

namespace vmtrail {

/// Of a change record what watchers choose by. Owns its text; what is not told is empty.
struct RecordOutline {
  std::string type;                    ///< "instance.moved"
  std::optional<InstanceId> instance;  ///< nullopt: it is about a host
  std::string host;                    ///< that one
  std::string project;
  bool places = false;  ///< it tells where the instance is: `to`, empty for nowhere
  std::string from;
  std::string to;
  std::string source;  ///< of the migration that it tells of
  std::string destination;
};

/// Reads a record's CloudEvent. One that cannot be read has no type; there is none.
[[nodiscard]] RecordOutline outline_of(std::string_view cloudevent);

/// `watch` as it is asked, whichever way.
struct WatchRequest {
  std::optional<Sequence> since{};  ///< nullopt: a snapshot first
  std::string epoch{};              ///< of `since`; empty: it is taken for the daemon's
  std::string host{};
  std::string project{};
  std::string type{};  ///< a glob over record types
};

/// The options `since`, `epoch`, `host`, `project` and `type`. Error: wrong_usage.
[[nodiscard]] Result<WatchRequest> watch_request(const Request& request);

/// Chooses records, one after the other, in their sequence. A host's are those that name it as one
/// of their sides, as an end of their migration, or as what they are about, and every record of an
/// instance while it is there.
class WatchFilter {
 public:
  using Members = std::unordered_set<InstanceId>;

  /// `short_hosts`: see Model::Options.
  explicit WatchFilter(const WatchRequest& request, bool short_hosts = false);

  /// Is every record chosen? Then none need be looked into.
  [[nodiscard]] bool empty() const { return host_.empty() && project_.empty() && type_.empty(); }
  [[nodiscard]] bool by_host() const { return !host_.empty(); }
  /// Is such an instance one of the snapshot?
  [[nodiscard]] bool admits(std::string_view host, std::string_view project) const;
  /// Is this name the host's?
  [[nodiscard]] bool is_host(std::string_view name) const;

  /// Is it for the watcher? Notes who comes to the host and who leaves it.
  [[nodiscard]] bool take(const RecordOutline& record);

  /// Who is on the host. For take(), whoever begins later than the records has to tell.
  Members& members() { return members_; }

 private:
  [[nodiscard]] bool concerns_host(const RecordOutline& record) const;

  std::string host_;  // as it is compared
  std::string project_;
  std::string type_;
  bool short_hosts_ = false;
  Members members_;
};

}  // namespace vmtrail
