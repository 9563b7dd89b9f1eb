// SPDX-License-Identifier: Apache-2.0

#include "io/listeners.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "vmtrail/suggest.h"

namespace vmtrail {

namespace {

struct Kind {
  std::string_view scheme;
  std::span<const std::string_view> options;
  OpenedListener (*open)(const Url& url, const ListenerSetting& setting);
};

constexpr std::string_view kZmqOptions[] = {"curve", "hwm"};

constexpr auto kKinds = std::to_array<Kind>({
    {"http", kHttpOptions, open_http_listener},
    {"https", kHttpOptions, open_http_listener},
    {"zmq+router", kZmqOptions, open_zmq_listener},
});

Result<const Kind*> kind_of(const Url& url) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Kind& kind) { return kind.scheme == url.scheme; });
  if (found != kKinds.end()) return &*found;
  std::vector<std::string_view> schemes;
  for (const Kind& kind : kKinds) schemes.push_back(kind.scheme);
  std::string what = "there is no listener '" + url.scheme + ":'";
  if (const auto meant = nearest(url.scheme, schemes)) {
    what += "; did you mean '" + std::string(*meant) + ":'?";
  }
  return tl::unexpected(wrong_url(url, what));
}

}  // namespace

Result<void> check_listener(const Url& url) {
  const auto kind = kind_of(url);
  if (!kind) return tl::unexpected(kind.error());
  if (!url.path.empty() && url.path != "/") {
    return tl::unexpected(wrong_url(url, "a listener has its own paths; leave it out"));
  }
  return check_options(url, (*kind)->options);
}

OpenedListener open_listener(const Url& url, const ListenerSetting& setting) {
  if (auto right = check_listener(url); !right) return tl::unexpected(right.error());
  return (*kind_of(url))->open(url, setting);
}

}  // namespace vmtrail
