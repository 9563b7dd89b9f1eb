// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/dispatcher.h"

namespace vmtrail {

void Dispatcher::tell_drift(const PlacementDrift& drift) {
  model_.tell_drift(drift, records_);
}

}  // namespace vmtrail
