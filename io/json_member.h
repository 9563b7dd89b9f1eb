// SPDX-License-Identifier: Apache-2.0
// Members of JSON that others have written.

#pragma once

#include <string>

namespace vmtrail {

/// The string that `object` has there; empty if it is no object, or has none.
template <class Json>
[[nodiscard]] std::string text_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->template get<std::string>() : "";
}

}  // namespace vmtrail
