// SPDX-License-Identifier: Apache-2.0
// Large pages for a heap that grows.

#pragma once

#include <cstdint>

namespace vmtrail {

/// What is held of ten thousand instances lies on more pages of 4 kB than the processor remembers
/// the addresses of, and to look those up takes longer than what is done with the memory. Has the
/// main thread's heap, as far as it is not in use yet, made of large pages. Does nothing but on
/// Linux with glibc, nor where the kernel has none to give. For the main thread.
class LargePages {
 public:
  /// The heap grows by some ten MiB, as from now on whenever it has to. Behind keep_freed_memory(),
  /// so that large blocks are of the heap.
  LargePages();
  /// Asks for what the heap has grown by since the last time; quick when that is nothing.
  void ask();

 private:
  std::uintptr_t asked_ = 0;  // up to there
};

}  // namespace vmtrail
