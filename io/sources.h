// SPDX-License-Identifier: Apache-2.0
// Every kind of source, by the scheme of its URL.

#pragma once

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
  bool beyond_loopback = false;  ///< it may bind other addresses without keys or a token
};

using OpenedSource = Result<std::unique_ptr<Source>>;

/// One row of the table of sources.
struct SourceKind {
  std::string_view scheme;
  std::span<const std::string_view> options;  ///< but for `format`
  /// Errors: wrong_usage; unreachable addresses and files as `unreadable`, with the URL.
  OpenedSource (*open)(const Url& url, const SourceSetting& setting);
};

[[nodiscard]] std::span<const SourceKind> source_kinds();

/// Is there a kind of source for the URL, and does it have these options? Error: wrong_usage.
[[nodiscard]] Result<void> check_source(const Url& url);

/// Opens a source, which then receives. Errors: those of check_source() and of its kind.
[[nodiscard]] OpenedSource open_source(const Url& url, SourceSetting setting);

}  // namespace vmtrail
