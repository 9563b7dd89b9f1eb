// SPDX-License-Identifier: Apache-2.0
// The requests of an instance's operations that were folded last.

#pragma once

#include <algorithm>
#include <cstddef>

#include <boost/container/static_vector.hpp>

#include "vmtrail/ids.h"

namespace vmtrail {

/// The last kMost of them. They stand in the instance itself: to reach another page takes as long
/// as all else that is done with them.
class FoldedRequests {
 public:
  static constexpr std::size_t kMost = 16;

  void add(const RequestId& request) {
    if (requests_.size() < kMost) {
      requests_.push_back(request);
    } else {
      requests_[oldest_] = request;
      oldest_ = (oldest_ + 1) % kMost;
    }
  }
  void clear() {
    requests_.clear();
    oldest_ = 0;
  }
  [[nodiscard]] bool contains(const RequestId& request) const {
    return std::find(requests_.begin(), requests_.end(), request) != requests_.end();
  }
  [[nodiscard]] std::size_t size() const { return requests_.size(); }
  /// The oldest first.
  [[nodiscard]] const RequestId& operator[](std::size_t i) const {
    return requests_[(oldest_ + i) % requests_.size()];
  }

 private:
  boost::container::static_vector<RequestId, kMost> requests_;
  std::size_t oldest_ = 0;
};

}  // namespace vmtrail
