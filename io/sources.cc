// SPDX-License-Identifier: Apache-2.0

#include "io/sources.h"

#include <algorithm>
#include <array>
#include <vector>

#include "io/amqp_source.h"
#include "io/http_servers.h"
#include "io/http_source.h"
#include "vmtrail/suggest.h"

namespace vmtrail {

namespace {

// One row for each; its options are those of design and documentation (docs/serve.md).
constexpr std::array kSources = {
    SourceKind{"amqp", kAmqpSourceOptions, open_amqp_source},
    SourceKind{"amqps", kAmqpSourceOptions, open_amqp_source},
    SourceKind{"http", kHttpOptions, open_http_source},
    SourceKind{"https", kHttpOptions, open_http_source},
};

Result<const SourceKind*> kind_of(const Url& url) {
  const auto found = std::find_if(kSources.begin(), kSources.end(), [&](const SourceKind& kind) {
    return kind.scheme == url.scheme;
  });
  if (found != kSources.end()) return &*found;
  std::vector<std::string_view> schemes;
  for (const SourceKind& kind : kSources) schemes.push_back(kind.scheme);
  std::string what = "there is no source '" + url.scheme + ":'";
  if (const auto meant = nearest(url.scheme, schemes)) {
    what += "; did you mean '" + std::string(*meant) + ":'?";
  }
  return tl::unexpected(wrong_url(url, what));
}

}  // namespace

std::span<const SourceKind> source_kinds() {
  return kSources;
}

Result<void> check_source(const Url& url) {
  const auto kind = kind_of(url);
  if (!kind) return tl::unexpected(kind.error());
  std::vector<std::string_view> known((*kind)->options.begin(), (*kind)->options.end());
  known.push_back("format");
  if (const auto format = url.value("format"); format && !parse_format(*format)) {
    return tl::unexpected(wrong_url(url, "unknown format '" + std::string(*format) + "'"));
  }
  return check_options(url, known);
}

OpenedSource open_source(const Url& url, SourceSetting setting) {
  if (auto right = check_source(url); !right) return tl::unexpected(right.error());
  if (const auto format = url.value("format")) setting.format = *parse_format(*format);
  return (*kind_of(url))->open(url, setting);
}

}  // namespace vmtrail
