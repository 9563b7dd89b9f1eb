// SPDX-License-Identifier: Apache-2.0
// What the benchmarks read: the captures, over and over, and yet no event twice; or a made-up
// cloud.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/decoder.h"

namespace vmtrail::bench {

/// Some megabytes of one wire format. Immutable; views into it live as long as it does.
class Workload {
 public:
  /// The file of that name ("default/http.bodies.jsonl") of every scenario, in the order in which
  /// they were recorded, kRepetitions times. Each time has UUIDs (of instances, messages, requests)
  /// of its own and comes kStep later. Or "generated.jsonl", ".log", ".oslo": that form of half a
  /// day of a small cloud. Ends the program if a capture cannot be read.
  explicit Workload(std::string_view file);

  [[nodiscard]] std::string_view bytes() const {
    return std::string_view(padded_).substr(0, padded_.size() - kPadding);
  }
  /// The bytes in frames, as a Splitter cuts them.
  [[nodiscard]] std::vector<Frame> frames() const;

 private:
  std::string padded_;
};

}  // namespace vmtrail::bench
