// SPDX-License-Identifier: Apache-2.0
// What a client that reads has already, and how it takes the rest (RFC
// 9110, 8.8.3, 12.5.3, 13.1.2).

#pragma once

#include <string>
#include <string_view>

#include "io/http.h"

namespace vmtrail {

/// Does this Accept-Encoding want gzip? Not if it has the weight 0, and not by default.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// The weak entity tag of a body: another one if anything but `passing` is another.
[[nodiscard]] std::string tag_of(std::string_view body, const Passing& passing);

/// Does this If-None-Match name the tag, by weak comparison, or any?
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace vmtrail
