// SPDX-License-Identifier: Apache-2.0
// A source that reads a file, and goes on as it grows.

#pragma once

#include "io/sources.h"

namespace vmtrail {

/// file:///PATH [follow]. Reads the file from where it was left, or from its beginning; with
/// `follow` waits for more, also when it is rotated away (the old one is read to its end, once the
/// new one is written to) or truncated. Where it stands is stored with the events, so that a
/// restart repeats and loses nothing, even if the file was renamed meanwhile. What is neither at
/// PATH nor beside it any more (compressed, removed) is lost, and the log says so.
[[nodiscard]] Result<SourceOpener> prepare_file_source(const Url& url, bool beyond_loopback);

}  // namespace vmtrail
