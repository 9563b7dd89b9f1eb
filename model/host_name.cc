// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/host_name.h"

#include <algorithm>

namespace vmtrail {

std::string host_key(std::string_view name, bool short_hosts) {
  if (short_hosts) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.find_first_not_of("0123456789:") != std::string_view::npos) name = label;
  }
  return lower_case(name);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace vmtrail
