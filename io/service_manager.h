// SPDX-License-Identifier: Apache-2.0
// What the service manager is told: sd_notify(3)'s protocol.

#pragma once

#include <string_view>

namespace vmtrail {

/// Sends "READY=1", "STOPPING=1" … to the socket that $NOTIFY_SOCKET names; does nothing if it
/// names none.
void notify_service_manager(std::string_view state);

}  // namespace vmtrail
