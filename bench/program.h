// SPDX-License-Identifier: Apache-2.0
// What every program of the comparisons does around its run().

#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace vmtrail::bench {

/// Calls `run` with the arguments; what it throws is told, and is exit code 1.
inline int run_program(const char* name, int (*run)(const std::vector<std::string>&), int argc,
                       char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

}  // namespace vmtrail::bench
