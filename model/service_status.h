// SPDX-License-Identifier: Apache-2.0
// What service events have told of the status of one host's nova-compute.

#pragma once

#include <optional>
#include <vector>

#include "vmtrail/ids.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// What one service event says.
struct StatusReport {
  Time at;  ///< when it was generated
  MessageId message;
  HostStatus status;
};

/// The reports of one host, whichever came first. The newest counts; of those of one time, that of
/// the largest message id.
class ServiceStatus {
 public:
  /// Nova sends one for each change by hand, a monitor perhaps one for each look. Beyond this many,
  /// what repeats both its neighbours goes, then the oldest.
  static constexpr std::size_t kMaxReports = 64;

  /// One that is there already changes nothing.
  void add(StatusReport report);

  /// `up`: nothing was told.
  [[nodiscard]] HostStatus now() const {
    return reports_.empty() ? HostStatus::up : reports_.back().status;
  }
  /// nullopt: that was before all that was told.
  [[nodiscard]] std::optional<HostStatus> at(Time time) const;
  /// Since when it has been what it is now; nullopt: nothing was told.
  [[nodiscard]] std::optional<Time> since() const;
  /// Since when it has been anything but up; nullopt: it is up.
  [[nodiscard]] std::optional<Time> out_since() const;

  /// In their order.
  [[nodiscard]] const std::vector<StatusReport>& reports() const { return reports_; }

 private:
  template <class Same>
  [[nodiscard]] std::optional<Time> beginning(const Same& same) const;

  std::vector<StatusReport> reports_;
};

}  // namespace vmtrail
