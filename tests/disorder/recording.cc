// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/recording.h"

namespace vmtrail::disorder {

std::string field(const Made& event, Field which) {
  const auto found = event.fields.find(which);
  return found == event.fields.end() ? std::string() : found->second;
}

bool is_update(const Made& event) {
  return event.event_type == "compute.instance.update";
}

}  // namespace vmtrail::disorder
