// SPDX-License-Identifier: Apache-2.0
// The other end of a listener's URL, for those who ask a running program.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/url.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// http[s]://HOST:PORT [token_file=F] [cacert=F] [timeout=S], zmq+tcp:// or zmq+router://HOST:PORT
/// [curve=DIR] [timeout=S]. Error: wrong_usage.
[[nodiscard]] Result<void> check_client_url(const Url& url);
[[nodiscard]] bool is_http(const Url& url);

/// The option `timeout`, in seconds (30). Error: wrong_usage.
[[nodiscard]] Result<long> timeout_of(const Url& url);
/// The first token of `token_file`; empty: there is no such option. Error: wrong_usage.
[[nodiscard]] Result<std::string> token_of(const Url& url);
/// Of an HTTP URL: what stands before the path.
[[nodiscard]] std::string origin_of(const Url& url);

/// It does not answer, or not as it should.
[[nodiscard]] Error silent(const Url& url, const std::string& why);
/// An error as it was where it came from, by the name of its code. One that is not of what was
/// asked is the program's: silent().
[[nodiscard]] Error told_by(const Url& url, std::string_view code, std::string message);

}  // namespace vmtrail
