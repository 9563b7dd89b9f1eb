// SPDX-License-Identifier: Apache-2.0
// Removing the oldest of what an instance's answer no longer rests on.

#pragma once

#include <cstdint>

#include "model/instance.h"

namespace vmtrail {

/// The first so many closed intervals, which are folded. Only between two events.
void forget_intervals(Instance& instance, std::uint32_t count);

/// The first so many migrations, which are folded, and which none of its operations refers to. Only
/// between two events.
void forget_migrations(Instance& instance, std::uint32_t count);

}  // namespace vmtrail
