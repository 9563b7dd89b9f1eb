// SPDX-License-Identifier: Apache-2.0

#include "io/ahead.h"

namespace vmtrail {

EventBatch& Ahead::go_on() {
  batches_[filled_].announce(consumer_);
  filled_ = 1 - filled_;
  batches_[filled_].tell(consumer_);
  return batches_[filled_];
}

void Ahead::tell_all() {
  go_on();
  go_on();
  writer_.end();
}

}  // namespace vmtrail
