// SPDX-License-Identifier: Apache-2.0
// Which instances a request concerns, and what was said of requests alone.

#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/fact.h"
#include "model/id_filter.h"
#include "model/place_index.h"
#include "vmtrail/ids.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Facts of requests, which name no instance, and the instances that hold an operation of such a
/// request, see is_joinable(). A fact waits for one horizon, as its instance may be heard of later;
/// one that came before the stream's time leapt to its own waits from there.
class Requests {
 public:
  struct Loose {
    Fact fact;
    Time until;  ///< stream time
  };
  using LooseFacts = std::unordered_multimap<RequestId, Loose>;

  /// The instance at `place` holds an operation of `request`, or no longer does.
  void add(const RequestId& request, std::uint32_t place) { places_.insert(request.hash(), place); }
  void remove(const RequestId& request, std::uint32_t place) {
    places_.erase(request.hash(), place);
  }
  // One of that request will be added or removed soon.
  void prefetch(const RequestId& request) const { places_.prefetch(request.hash()); }
  /// Those that hold an operation of the request, and perhaps others; each once.
  [[nodiscard]] std::vector<std::uint32_t> candidates(const RequestId& request) const;

  /// Keeps a fact until the stream has passed `until`. Of too many the first goes, by
  /// goes_before().
  void keep(const RequestId& request, Fact fact, Time until);
  void forget_before(Time stream_time, Duration horizon) {
    if (stream_time > next_until_) forget(stream_time, horizon);
  }
  [[nodiscard]] const LooseFacts& loose() const { return loose_; }
  /// Does a fact wait for it?
  [[nodiscard]] bool waits_for(const RequestId& request) const {
    return !loose_.empty() && waited_for_.may_have(request.text()) && loose_.contains(request);
  }

 private:
  void forget(Time stream_time, Duration horizon);

  PlaceIndex places_;  // by request, of instances
  LooseFacts loose_;
  IdFilter waited_for_;            // of their requests
  Time next_until_ = Time::max();  // the smallest of all
};

/// Is the one forgotten before the other? Tells any two apart.
[[nodiscard]] bool goes_before(const Requests::Loose& a, const Requests::Loose& b);

/// Facts without an instance that are kept at most. Each is an error in Nova.
inline constexpr std::size_t kMaxLooseFacts = 4096;

}  // namespace vmtrail
