// SPDX-License-Identifier: Apache-2.0

#include "io/sinks.h"

#include <algorithm>
#include <array>

#include "io/sink_amqp.h"
#include "io/sink_file.h"
#include "io/sink_http.h"
#include "io/sink_zmq.h"
#include "io/url_kinds.h"
#include "vmtrail/condition.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

constexpr std::string_view kFileOptions[] = {"rotate"};

constexpr std::string_view kPubOptions[] = {"connect", "curve", "hwm"};
constexpr std::string_view kPushOptions[] = {"bind", "curve", "hwm"};

// One row for each; docs/serve.md says what the options mean.
constexpr auto kSinks = std::to_array<SinkKind>({
    {"stdout", {}, prepare_stdout_sink},
    {"file", kFileOptions, prepare_file_sink},
    {"amqp", kAmqpSinkOptions, prepare_amqp_sink},
    {"amqps", kAmqpSinkOptions, prepare_amqp_sink},
    {"http", kHttpSinkOptions, prepare_http_sink},
    {"https", kHttpSinkOptions, prepare_http_sink},
    {"zmq+pub", kPubOptions, prepare_zmq_pub},
    {"zmq+push", kPushOptions, prepare_zmq_push},
});

}  // namespace

std::span<const SinkKind> sink_kinds() {
  return kSinks;
}

bool SinkForm::wants(std::string_view type) const {
  return types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& pattern) {
           return glob_match(pattern, type);
         });
}

Result<SinkForm> sink_form(const Url& url) {
  const auto kind = kind_of(url, "sink", kSinks);
  if (!kind) return tl::unexpected(kind.error());
  std::vector<std::string_view> known((*kind)->options.begin(), (*kind)->options.end());
  known.insert(known.end(), {"types", "format"});
  if (auto right = check_options(url, known); !right) return tl::unexpected(right.error());
  SinkForm form;
  for (const std::string_view types : url.values("types")) {
    const auto pattern = record_pattern(types);
    if (!pattern) {
      return tl::unexpected(wrong_url(url, "no record is of type '" + std::string(types) + "'"));
    }
    form.types.emplace_back(*pattern);
  }
  const std::string_view format = url.value("format").value_or("cloudevents");
  if (format != "cloudevents" && format != "zenoss") {
    return tl::unexpected(wrong_url(url, "format is cloudevents or zenoss"));
  }
  form.zenoss = format == "zenoss";
  return form;
}

Result<SinkOpener> prepare_sink(const Url& url, bool beyond_loopback) {
  if (auto form = sink_form(url); !form) return tl::unexpected(form.error());
  return (*kind_of(url, "sink", kSinks))->prepare(url, beyond_loopback);
}

OpenedSink open_sink(const Url& url, bool beyond_loopback) {
  const auto open = prepare_sink(url, beyond_loopback);
  if (!open) return tl::unexpected(open.error());
  return (*open)();
}

}  // namespace vmtrail
