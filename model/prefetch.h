// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace vmtrail {

inline constexpr std::size_t kCacheLine = 64;

/// Has the machine fetch an object that will be read soon. Nothing is read: the address may be
/// anything.
template <class Object>
void prefetch(const Object* object, std::size_t size = sizeof(Object)) {
  const auto* const bytes = reinterpret_cast<const char*>(object);
  for (std::size_t at = 0; at < size; at += kCacheLine) __builtin_prefetch(bytes + at);
}

}  // namespace vmtrail
