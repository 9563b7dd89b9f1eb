// SPDX-License-Identifier: Apache-2.0
// The daemon's log: lines on standard error, as text or as JSON.

#pragma once

#include <string_view>

namespace vmtrail {

/// For a program with threads. JSON: one object a line with time, level and message.
void begin_log(bool json);
/// "debug", "info", "warning" or "error".
void set_log_level(std::string_view level);

}  // namespace vmtrail
