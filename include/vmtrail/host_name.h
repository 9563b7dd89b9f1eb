// SPDX-License-Identifier: Apache-2.0
// When two names are of one host.

#pragma once

#include <string>
#include <string_view>

namespace vmtrail {

/// Names are of one host if these are equal: in lower case, and with `short_hosts` without their
/// domain, but for addresses, which have none.
[[nodiscard]] std::string host_key(std::string_view name, bool short_hosts);

/// The letters of ASCII alone, which names of hosts consist of (RFC 1123); other bytes stay.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace vmtrail
