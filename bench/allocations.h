// SPDX-License-Identifier: Apache-2.0
// How often this program allocates: its operator new is replaced by one that counts.

#pragma once

#include <cstdint>

namespace vmtrail::bench {

/// Allocations with `new` since the program began, by all threads.
[[nodiscard]] std::uint64_t allocations();

}  // namespace vmtrail::bench
