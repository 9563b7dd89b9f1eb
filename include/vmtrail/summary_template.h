// SPDX-License-Identifier: Apache-2.0
// How a rule words the records that its events cause.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vmtrail/words.h"

namespace vmtrail {

/// A text with placeholders in braces, cut into its pieces.
struct SummaryTemplate {
  /// What fills a placeholder; what there is none of is filled with "none".
  enum class Slot : std::uint8_t {
    text,  ///< no placeholder
    name,  ///< the instance's, or its id if it has none; of a record about a host the host's
    id,
    project_id,
    host,  ///< where the instance is now
    from,  ///< the record's value before and after
    to,
    event_type,
    rule,
    message_id,
    operation,  ///< its kind
    source,     ///< of the migration or operation
    destination,
    outcome,
    confidence,
    time,
    trait,  ///< `trait.NAME`: of the event
  };
  struct Piece {
    Slot slot = Slot::text;
    std::string text;  ///< what stands there; of a trait its name

    bool operator==(const Piece&) const = default;
  };
  std::vector<Piece> pieces;

  [[nodiscard]] bool empty() const { return pieces.empty(); }

  bool operator==(const SummaryTemplate&) const = default;
};

/// What a rule changes in records of its events.
struct RecordTemplate {
  std::string types = "*";  ///< which: a record type, or a pattern
  std::optional<Severity> severity;
  SummaryTemplate summary;  ///< empty: as it is

  bool operator==(const RecordTemplate&) const = default;
};

}  // namespace vmtrail
