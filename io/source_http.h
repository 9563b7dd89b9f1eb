// SPDX-License-Identifier: Apache-2.0
// http:// and https:// as a source: what Ceilometer's http publisher posts, and the ZenPack's path.

#pragma once

#include "io/sources.h"

namespace vmtrail {

[[nodiscard]] OpenedSource open_http_source(const Url& url, const SourceSetting& setting);

}  // namespace vmtrail
