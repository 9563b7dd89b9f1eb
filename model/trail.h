// SPDX-License-Identifier: Apache-2.0
// What became of each fact, for people who ask why.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/fact.h"
#include "model/names.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

using Trail = std::vector<TrailSnapshot>;

/// `host` is what the fact named, whether or not it counted.
[[nodiscard]] TrailSnapshot trail_entry(const Fact& fact, std::optional<NameId> host,
                                        Treatment treatment, const Names& names);

/// An event that was turned away.
[[nodiscard]] TrailSnapshot trail_entry(const Event& event, const Rule& rule, Treatment treatment);

/// Has it never become a fact?
[[nodiscard]] bool was_turned_away(const TrailSnapshot& entry);

/// Leaves the newest `limit` facts, as many of what was turned away, and the fact `decided_by`.
void prune(Trail& trail, std::size_t limit, const std::string& decided_by);

}  // namespace vmtrail
