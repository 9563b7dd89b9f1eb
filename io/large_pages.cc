// SPDX-License-Identifier: Apache-2.0

#include "io/large_pages.h"

#if defined(__linux__) && defined(__GLIBC__)
#define VMTRAIL_HAS_LARGE_PAGES
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace vmtrail {

#ifdef VMTRAIL_HAS_LARGE_PAGES

namespace {

constexpr std::uintptr_t kLargePage = std::uintptr_t{2} << 20;
constexpr int kGrowth = 16 << 20;

std::uintptr_t end_of_heap() {
  return reinterpret_cast<std::uintptr_t>(::sbrk(0));
}

}  // namespace

LargePages::LargePages() : asked_((end_of_heap() + kLargePage - 1) & ~(kLargePage - 1)) {
  ::mallopt(M_TOP_PAD, kGrowth);
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
