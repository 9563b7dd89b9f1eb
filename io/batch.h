// SPDX-License-Identifier: Apache-2.0
// What is to be committed together, apart from the model's own changes.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/delivery.h"
#include "io/recent_records.h"
#include "io/source.h"
#include "io/stored_messages.h"
#include "vmtrail/decoder.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// By the names of sinks: the last record that each has.
using Cursors = std::map<std::string, Sequence>;

/// Kept until the commit has succeeded, so that it can be tried again.
struct Batch {
  struct Quarantined {
    std::string input;
    ErrorCode reason;
    std::string detail;
    std::string bytes;
    std::uint64_t offset;
    std::uint64_t line;
  };
  struct Received {
    Source* from;
    Settled settled;
  };

  PendingMessages messages;
  RecordBatches batches;
  std::shared_ptr<RecordBatch> records = batches.blank();
  std::vector<Quarantined> quarantined;
  std::map<std::string, std::string> positions;  // by the name of the source
  std::vector<Received> deliveries;
  std::uint64_t events = 0;
  std::size_t bytes = 0;  // of what is quarantined

  void clear() {
    messages.clear();
    // Readers may still have the old ones.
    if (!records->empty()) records = batches.blank();
    quarantined.clear();
    positions.clear();
    deliveries.clear();
    events = 0;
    bytes = 0;
  }
};

}  // namespace vmtrail
