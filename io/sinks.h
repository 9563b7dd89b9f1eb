// SPDX-License-Identifier: Apache-2.0
// Every kind of sink, by the scheme of its URL.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/sink.h"
#include "io/url.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// What a sink is given when it is opened.
struct SinkSetting {
  bool beyond_loopback = false;  ///< it may bind other addresses without keys
};

using OpenedSink = Result<std::unique_ptr<Sink>>;

/// One row of the table of sinks.
struct SinkKind {
  std::string_view scheme;
  std::span<const std::string_view> options;  ///< but for those of SinkForm
  /// Errors: wrong_usage; `unwritable` only for what cannot mend itself, such as a port in use.
  OpenedSink (*open)(const Url& url, const SinkSetting& setting);
};

[[nodiscard]] std::span<const SinkKind> sink_kinds();

/// Which records a sink gets, and in what form: the options that every sink has.
struct SinkForm {
  std::vector<std::string> types;  ///< globs over "instance.moved"; empty: all
  bool zenoss = false;             ///< else CloudEvents

  [[nodiscard]] bool wants(std::string_view type) const;
};

/// The form that the options `types` and `format` ask for. Errors: wrong_usage; also of options and
/// schemes that are unknown.
[[nodiscard]] Result<SinkForm> sink_form(const Url& url);

/// Opens a sink. Errors: those of sink_form() and of its kind.
[[nodiscard]] OpenedSink open_sink(const Url& url, const SinkSetting& setting);

}  // namespace vmtrail
