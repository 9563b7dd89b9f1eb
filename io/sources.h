// SPDX-License-Identifier: Apache-2.0
// Every kind of source, by the scheme of its URL.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/intake.h"
#include "io/source.h"
#include "io/url.h"
#include "vmtrail/decoder.h"
#include "vmtrail/error.h"

namespace vmtrail {

class HttpServers;

/// What a source is given when it is opened.
struct SourceSetting {
  Intake& intake;                ///< outlives the source
  Format format = Format::any;   ///< the option `format`, which every source has
  std::string position{};        ///< the last that was stored; empty: none
  HttpServers* http = nullptr;   ///< outlives the source
  bool beyond_loopback = false;  ///< see prepare_source()
};

using OpenedSource = Result<std::unique_ptr<Source>>;
/// Opens what a URL asks for. Error: unreadable, of an address that cannot be bound.
using SourceOpener = std::function<OpenedSource(const SourceSetting&)>;

/// One row of the table of sources.
struct SourceKind {
  std::string_view scheme;
  std::span<const std::string_view> options;  ///< but for `format`
  /// Reads the options' values and the keys that they name; opens nothing. Errors: wrong_usage,
  /// unreadable.
  Result<SourceOpener> (*prepare)(const Url& url, bool beyond_loopback);
};

[[nodiscard]] std::span<const SourceKind> source_kinds();

/// Is there a kind of source for the URL, and does it have these options? Error: wrong_usage.
[[nodiscard]] Result<void> check_source(const Url& url);

/// All that can be known to be wrong before anything is opened. `beyond_loopback`: it may bind
/// other addresses without keys or a token. Errors: those of check_source() and of its kind.
[[nodiscard]] Result<SourceOpener> prepare_source(const Url& url, bool beyond_loopback);

/// Opens a source, which then receives. Errors: those of prepare_source() and of its opener.
[[nodiscard]] OpenedSource open_source(const Url& url, SourceSetting setting);

}  // namespace vmtrail
