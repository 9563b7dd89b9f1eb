// SPDX-License-Identifier: Apache-2.0
// What a sequence belongs to.

#pragma once

#include <cstdint>
#include <string>

namespace vmtrail {

/// Names one numbering of records: that of a state directory, or of one run of a daemon that has
/// none. Records of equal epoch and sequence are the same. Drawn by lot, from 1 to 2^63 - 1.
[[nodiscard]] std::uint64_t fresh_epoch();
/// As watchers see it: 16 hexadecimal digits.
[[nodiscard]] std::string epoch_text(std::uint64_t epoch);

}  // namespace vmtrail
