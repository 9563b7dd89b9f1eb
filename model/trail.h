// SPDX-License-Identifier: Apache-2.0
// What became of each fact, for people who ask why.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/fact.h"
#include "model/names.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

/// As small as can be: most of them are only written to the store, and many displaced before.
struct TrailEntry {
  MessageId message_id;
  Time generated{};
  const Rule* rule = nullptr;
  NameId event_type = NameId::nothing;
  NameId publisher_service = NameId::nothing;
  NameId publisher_host = NameId::nothing;
  std::optional<NameId> host;  ///< what it named, whether or not it counted
  Treatment treatment = Treatment::no_witness;
};
using Trail = std::vector<TrailEntry>;

[[nodiscard]] TrailEntry trail_entry(const Fact& fact, std::optional<NameId> host,
                                     Treatment treatment);

/// An event that was turned away.
[[nodiscard]] TrailEntry trail_entry(const Event& event, MessageId message, const Rule& rule,
                                     Treatment treatment, Names& names);

void save(const TrailEntry& entry, const Names& names, TrailSnapshot& saved);

/// Has it never become a fact?
[[nodiscard]] bool was_turned_away(Treatment treatment);

/// Leaves the newest `limit` facts, as many of what was turned away, and the fact `decided_by`.
void prune(Trail& trail, std::size_t limit, const MessageId& decided_by);

}  // namespace vmtrail
