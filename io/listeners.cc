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
  Result<ListenerOpener> (*prepare)(const Url& url, bool beyond_loopback);
};

constexpr std::string_view kZmqOptions[] = {"curve", "hwm"};

constexpr auto kKinds = std::to_array<Kind>({
    {"http", kHttpOptions, prepare_http_listener},
    {"https", kHttpOptions, prepare_http_listener},
    {"zmq+router", kZmqOptions, prepare_zmq_listener},
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

Result<ListenerOpener> prepare_listener(const Url& url, bool beyond_loopback) {
  if (auto right = check_listener(url); !right) return tl::unexpected(right.error());
  return (*kind_of(url, "listener", kKinds))->prepare(url, beyond_loopback);
}

OpenedListener open_listener(const Url& url, const ListenerSetting& setting) {
  const auto open = prepare_listener(url, setting.beyond_loopback);
  if (!open) return tl::unexpected(open.error());
  return (*open)(setting);
}

}  // namespace vmtrail
