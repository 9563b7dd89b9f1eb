// SPDX-License-Identifier: Apache-2.0

#include "model/migration.h"

#include <algorithm>

namespace vmtrail {

const MigrationEntry* counterpart(std::span<const MigrationEntry> all, std::size_t which,
                                  std::span<const MigrationEntry> others) {
  const auto is = [](const MigrationEntry& a, const MigrationEntry& b) { return b.is(a); };
  const auto so_far = all.first(which + 1);
  // Most often the walk has put all of them where they were.
  if (which < others.size() && std::equal(so_far.begin(), so_far.end(), others.begin(), is)) {
    return &others[which];
  }
  const auto same = [&](const MigrationEntry& other) { return is(so_far.back(), other); };
  auto left = std::count_if(so_far.begin(), so_far.end(), same);
  const auto found = std::find_if(others.begin(), others.end(), [&](const MigrationEntry& other) {
    return same(other) && --left == 0;
  });
  return found == others.end() ? nullptr : &*found;
}

}  // namespace vmtrail
