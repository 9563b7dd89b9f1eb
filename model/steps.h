// SPDX-License-Identifier: Apache-2.0
// The states along the order of an instance's operations.

#pragma once

#include "model/state.h"

namespace vmtrail {

/// Between two events:
///   base  -(all operations but the last)->  prefix  -(facts of the last)->  open  -(its end)->
///   the instance's answer
/// so that a fact which comes last costs one step from `open`, and any other at most one walk from
/// `base`.
struct Steps {
  State base;
  State open;
  State prefix;  ///< while there is more than one operation; of a single one it is the base
};

}  // namespace vmtrail
