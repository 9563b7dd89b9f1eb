// SPDX-License-Identifier: Apache-2.0
// Every kind of sink, by the scheme of its URL.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/sink.h"
#include "io/url.h"
#include "vmtrail/error.h"

namespace vmtrail {

using OpenedSink = Result<std::unique_ptr<Sink>>;
/// Opens what a URL asks for. Error: `unwritable`, only for what cannot mend itself, such as a port
/// in use.
using SinkOpener = std::function<OpenedSink()>;

/// One row of the table of sinks.
struct SinkKind {
  std::string_view scheme;
  std::span<const std::string_view> options;  ///< but for those of SinkForm
  /// Reads the options' values and the keys that they name; opens nothing. Errors: wrong_usage,
  /// unreadable.
  Result<SinkOpener> (*prepare)(const Url& url, bool beyond_loopback);
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

/// All that can be known to be wrong before anything is opened. `beyond_loopback`: it may bind
/// other addresses without keys. Errors: those of sink_form() and of its kind.
[[nodiscard]] Result<SinkOpener> prepare_sink(const Url& url, bool beyond_loopback);

/// Opens a sink. Errors: those of prepare_sink() and of its opener.
[[nodiscard]] OpenedSink open_sink(const Url& url, bool beyond_loopback = false);

}  // namespace vmtrail
