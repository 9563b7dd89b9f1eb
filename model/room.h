// SPDX-License-Identifier: Apache-2.0
// How vectors grow that are many and small.

#pragma once

#include <algorithm>
#include <cstddef>

namespace vmtrail {

/// Room for one more, and at once for `least` where there is none yet: what grows from one on is
/// moved as often as it holds little. By half of what it is: there are many, and a page of
/// memory that the program has not had before takes as long as many an event.
template <class Vector>
void reserve_one(Vector& vector, std::size_t least) {
  if (vector.size() < vector.capacity()) return;
  vector.reserve(std::max(least, vector.size() + vector.size() / 2 + 1));
}

}  // namespace vmtrail
