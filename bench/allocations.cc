// SPDX-License-Identifier: Apache-2.0

#include "bench/allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace vmtrail::bench {
namespace {

std::atomic<std::uint64_t> count{0};

void* counted(void* memory) {
  if (memory == nullptr) std::abort();
  count.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

}  // namespace

std::uint64_t allocations() {
  return count.load(std::memory_order_relaxed);
}

}  // namespace vmtrail::bench

// The array and nothrow forms of the library call these.
void* operator new(std::size_t size) {
  return vmtrail::bench::counted(std::malloc(size == 0 ? 1 : size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return vmtrail::bench::counted(std::aligned_alloc(step, (size + step - 1) / step * step));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
