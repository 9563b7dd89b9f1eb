// SPDX-License-Identifier: Apache-2.0
// The recordings of the captures.

#pragma once

#include <vector>

#include "tests/disorder/recording.h"

namespace vmtrail::disorder {

/// Every operation of every capture, from Nova's own notifications. Throws where the operations of
/// an instance do not lead to what Nova's database says at the end of the capture.
[[nodiscard]] std::vector<Recording> captured();

}  // namespace vmtrail::disorder
