// SPDX-License-Identifier: Apache-2.0

#include "io/steady_heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace vmtrail {

void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // no larger one is allowed
#endif
}

}  // namespace vmtrail
