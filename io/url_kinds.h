// SPDX-License-Identifier: Apache-2.0
// The row of a table that a URL's scheme names.

#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "io/url.h"
#include "vmtrail/error.h"
#include "vmtrail/suggest.h"

namespace vmtrail {

/// `what` the rows stand for, as messages say it: "source". Error: wrong_usage, with the scheme
/// that was probably meant.
template <class Kinds>
Result<const typename Kinds::value_type*> kind_of(const Url& url, std::string_view what,
                                                  const Kinds& kinds) {
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const auto& kind) { return kind.scheme == url.scheme; });
  if (found != kinds.end()) return &*found;
  std::vector<std::string_view> schemes;
  for (const auto& kind : kinds) schemes.push_back(kind.scheme);
  std::string wrong = "there is no " + std::string(what) + " '" + url.scheme + ":'";
  if (const auto meant = nearest(url.scheme, schemes)) {
    wrong += "; did you mean '" + std::string(*meant) + ":'?";
  }
  return tl::unexpected(wrong_url(url, wrong));
}

}  // namespace vmtrail
