// SPDX-License-Identifier: Apache-2.0
// Values of a payload by their path.

#pragma once

#include <optional>
#include <string_view>

#include "event/draft.h"
#include "event/json_value.h"

namespace vmtrail {

/// Reads what a site's rules call by names of their own in a payload: aliases become fields, wanted
/// values are kept. A name is a key, or a path of keys with dots between them; on the way versioned
/// objects are opened (`nova_object.data`). Nova's own keys of instances keep their meaning.
void read_site_keys(simdjson::dom::object payload, Draft& draft, NumberTexts& numbers);

}  // namespace vmtrail
