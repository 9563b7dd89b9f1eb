// SPDX-License-Identifier: Apache-2.0

#include "io/large_pages.h"

#if defined(__linux__) && defined(__GLIBC__)
#define VMTRAIL_HAS_LARGE_PAGES
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#endif

namespace vmtrail {

#ifdef VMTRAIL_HAS_LARGE_PAGES

namespace {

constexpr std::uintptr_t kLargePage = std::uintptr_t{2} << 20;
constexpr int kGrowth = 48 << 20;  // a heap with 64 MiB to spare gives some of it back
constexpr std::size_t kMore = std::size_t{256} << 10;  // than a heap has to spare at first

std::uintptr_t end_of_heap() {
  return reinterpret_cast<std::uintptr_t>(::sbrk(0));
}

}  // namespace

LargePages::LargePages() {
  const std::uintptr_t end = end_of_heap();
  ::mallopt(M_TOP_PAD, kGrowth);
  // Grows before it has to: where a page of the usual size is in use there will be no large one.
  void* volatile const more = std::malloc(kMore);  // else compilers leave it out
  std::free(more);
  // The C library has written behind that block.
  asked_ = (end + kMore + kLargePage - 1) & ~(kLargePage - 1);
  ask();
}

void LargePages::ask() {
  const std::uintptr_t end = end_of_heap() & ~(kLargePage - 1);
  if (end <= asked_) return;
  // Should it not be granted, the heap is as it was.
  static_cast<void>(::madvise(reinterpret_cast<void*>(asked_), end - asked_, MADV_HUGEPAGE));
  asked_ = end;
}

#else

LargePages::LargePages() = default;
void LargePages::ask() {}

#endif

}  // namespace vmtrail
