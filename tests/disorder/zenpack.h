// SPDX-License-Identifier: Apache-2.0
// Zenoss' OpenStack ZenPack, as far as it places instances: the last to arrive of the event types
// that it maps is right, and the host is whoever published it.

#pragma once

#include <string>
#include <vector>

#include "tests/model_stream.h"

namespace vmtrail::disorder {

/// Where the ZenPack (the mappers of its events.py, as of 4.0.1 and later) has the instance after
/// these arrivals; empty: nowhere. `modelled` is where its last poll of Nova found the instance;
/// empty: not yet.
[[nodiscard]] std::string zenpack_host(const std::vector<testing::Made>& arrived,
                                       const std::string& modelled);

}  // namespace vmtrail::disorder
