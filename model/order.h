// SPDX-License-Identifier: Apache-2.0
// The order of one instance's operations (docs/semantics.md).

#pragma once

#include <algorithm>

#include "model/operations.h"
#include "model/state.h"

namespace vmtrail {

/// What is certain about the order of two operations of one instance: before(a, b) is -1 if `a`
/// came first, 1 if `b` did, 0 if nothing is certain.
[[nodiscard]] int before(const Operation& a, const Operation& b, Duration clock_tolerance);

/// Puts the operations in their order, beginning where `base` left the instance. A pure function of
/// the set of facts: the order that they come in does not matter.
void put_in_order(Operations& operations, const State& base, Duration clock_tolerance,
                  Names& names);

/// Is the last of these certainly after all others, whatever they are?
[[nodiscard]] inline bool last_is_certain(const Operations& operations, Duration clock_tolerance) {
  const Operation& last = operations.back();
  return operations.size() == 1 ||
         std::all_of(operations.begin(), operations.end() - 1, [&](const Operation& other) {
           return !other.deletes && other.last + clock_tolerance < last.first;
         });
}

}  // namespace vmtrail
