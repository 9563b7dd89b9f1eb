// SPDX-License-Identifier: Apache-2.0

#include "query/writer.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace vmtrail {

// Microseconds, as times have them; a number that JSON cannot tell is null.
JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return raw("null");
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), "%.6f", number);
  return raw(text.data());
}

}  // namespace vmtrail
