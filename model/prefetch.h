// SPDX-License-Identifier: Apache-2.0
// Fetching what will be read soon.

#pragma once

#include <cstddef>

namespace vmtrail {

inline constexpr std::size_t kCacheLine = 64;

/// Has the machine fetch a line that will be read soon, into the second cache: what is fetched for
/// the events to come is more than the first one holds. Nothing is read: the address may be
/// anything.
inline void prefetch_line(const void* at) {
  constexpr int kToRead = 0;
  constexpr int kSecondCache = 2;
  __builtin_prefetch(at, kToRead, kSecondCache);
#if defined(__GNUC__)
  // To g++ a function that does nothing else has no effect, and a call of one that it has not
  // inlined is left out.
  asm volatile("");
#endif
}
/// The same of an object, of which `size` bytes; not 0.
template <class Object>
void prefetch(const Object* object, std::size_t size = sizeof(Object)) {
  const auto* const bytes = reinterpret_cast<const char*>(object);
  for (std::size_t at = 0; at < size; at += kCacheLine) prefetch_line(bytes + at);
  prefetch_line(bytes + size - 1);  // it need not begin with a line
}
/// The same of a part of one; not an empty one.
inline void prefetch_range(const void* begin, const void* end) {
  const auto* const bytes = static_cast<const char*>(begin);
  prefetch(bytes, static_cast<std::size_t>(static_cast<const char*>(end) - bytes));
}

}  // namespace vmtrail
