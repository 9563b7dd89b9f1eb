# SPDX-License-Identifier: Apache-2.0
# Warnings of our own code, which the presets make errors; the target is private, so that those who link us keep their own.
add_library(vmtrail_warnings INTERFACE)
target_compile_options(vmtrail_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual
  -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wundef)
# g++ 12 warns of its own std::string::operator+ at -O3 (GCC bug 105651).
target_compile_options(vmtrail_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
