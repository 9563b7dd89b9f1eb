// SPDX-License-Identifier: Apache-2.0
// The recordings of operations that no capture has.

#pragma once

#include <vector>

#include "tests/disorder/recording.h"

namespace vmtrail::disorder {

/// The operations of those cases of fixtures/cases that are made by hand from Nova's source, as
/// their story.txt tells them (tests/case_events.py has its grammar).
[[nodiscard]] std::vector<Recording> written();

}  // namespace vmtrail::disorder
