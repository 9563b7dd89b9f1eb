// SPDX-License-Identifier: Apache-2.0

#include "io/listeners.h"

#include <array>
#include <span>
#include <string_view>

#include "io/url_kinds.h"

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

}  // namespace

Result<void> check_listener(const Url& url) {
  const auto kind = kind_of(url, "listener", kKinds);
  if (!kind) return tl::unexpected(kind.error());
  if (!url.path.empty() && url.path != "/") {
    return tl::unexpected(wrong_url(url, "a listener has its own paths; leave it out"));
  }
  return check_options(url, (*kind)->options);
}

OpenedListener open_listener(const Url& url, const ListenerSetting& setting) {
  if (auto right = check_listener(url); !right) return tl::unexpected(right.error());
  return (*kind_of(url, "listener", kKinds))->open(url, setting);
}

}  // namespace vmtrail
