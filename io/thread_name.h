// SPDX-License-Identifier: Apache-2.0
// The name of a thread, as ps and gdb show it; docs/README.md lists them.

#pragma once

#include <pthread.h>

#include <string>

namespace vmtrail {

/// Names the calling thread; the system keeps 15 characters.
inline void name_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace vmtrail
