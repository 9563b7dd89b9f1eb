// SPDX-License-Identifier: Apache-2.0

#include "io/sources.h"

#include <algorithm>
#include <array>
#include <vector>

#include "io/source_amqp.h"
#include "io/source_file.h"
#include "io/source_http.h"
#include "io/source_zmq.h"
#include "io/url_kinds.h"

namespace vmtrail {

namespace {

constexpr std::string_view kFileOptions[] = {"follow"};
constexpr std::string_view kPullOptions[] = {"connect", "curve", "hwm"};
constexpr std::string_view kSubOptions[] = {"bind", "topic", "curve", "hwm"};

// One row for each; docs/serve.md says what the options mean.
constexpr auto kSources = std::to_array<SourceKind>({
    {"amqp", kAmqpSourceOptions, prepare_amqp_source},
    {"amqps", kAmqpSourceOptions, prepare_amqp_source},
    {"file", kFileOptions, prepare_file_source},
    {"http", kHttpSourceOptions, prepare_http_source},
    {"https", kHttpSourceOptions, prepare_http_source},
    {"zmq+pull", kPullOptions, prepare_zmq_pull},
    {"zmq+sub", kSubOptions, prepare_zmq_sub},
});

}  // namespace

std::span<const SourceKind> source_kinds() {
  return kSources;
}

Result<void> check_source(const Url& url) {
  const auto kind = kind_of(url, "source", kSources);
  if (!kind) return tl::unexpected(kind.error());
  std::vector<std::string_view> known((*kind)->options.begin(), (*kind)->options.end());
  known.push_back("format");
  if (const auto format = url.value("format"); format && !parse_format(*format)) {
    return tl::unexpected(wrong_url(url, "unknown format '" + std::string(*format) + "'"));
  }
  return check_options(url, known);
}

Result<SourceOpener> prepare_source(const Url& url, bool beyond_loopback) {
  if (auto right = check_source(url); !right) return tl::unexpected(right.error());
  return (*kind_of(url, "source", kSources))->prepare(url, beyond_loopback);
}

OpenedSource open_source(const Url& url, SourceSetting setting) {
  const auto open = prepare_source(url, setting.beyond_loopback);
  if (!open) return tl::unexpected(open.error());
  if (const auto format = url.value("format")) setting.format = *parse_format(*format);
  return (*open)(setting);
}

}  // namespace vmtrail
