// SPDX-License-Identifier: Apache-2.0
// Waiting for what must happen.

#pragma once

#include <chrono>
#include <stdexcept>
#include <thread>

namespace vmtrail::testing {

/// The least time that a test waits before it gives up.
inline constexpr std::chrono::seconds kPatience{60};

/// Returns once it is so. Throws if it never is.
template <class Condition>
void await(const Condition& is_so) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("it did not happen");
    std::this_thread::yield();
  }
}

}  // namespace vmtrail::testing
