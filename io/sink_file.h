// SPDX-License-Identifier: Apache-2.0
// Sinks that write lines: standard output, and files that are rotated.

#pragma once

#include "io/sinks.h"

namespace vmtrail {

/// stdout:
[[nodiscard]] Result<SinkOpener> prepare_stdout_sink(const Url& url, bool beyond_loopback);

/// file:///PATH [rotate=SIZE]: appends; beyond that size PATH becomes PATH.1, that becomes PATH.2,
/// and so on to kRotated; what was that is gone.
[[nodiscard]] Result<SinkOpener> prepare_file_sink(const Url& url, bool beyond_loopback);
inline constexpr int kRotated = 5;

}  // namespace vmtrail
