// SPDX-License-Identifier: Apache-2.0
// A heap for a program that runs for long.

#pragma once

namespace vmtrail {

/// From now on the process keeps what it frees, up to 64 MiB in each of the C library's arenas, and
/// large blocks come from there, too: to give memory back for every burst of messages and take it
/// again costs a tenth of their time. Before the first thread. Does nothing but with glibc.
void keep_freed_memory();

}  // namespace vmtrail
