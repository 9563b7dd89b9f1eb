// SPDX-License-Identifier: Apache-2.0
// Asking HTTP servers.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace vmtrail {

/// Asks one after the other, over connections that stay open for the next. By libcurl, which is
/// loaded when the first is made: it brings so many libraries that every start of vmtrail would
/// take half as long again. Not thread-safe; several may be used in as many threads.
class HttpClient {
 public:
  /// What is asked, and who takes the answer. Texts must stay until it has been asked.
  struct Request {
    std::string url;                         ///< http or https
    std::vector<std::string> headers{};      ///< "Name: value"
    std::optional<std::string_view> body{};  ///< is posted; nullopt: GET
    std::chrono::seconds timeout{};          ///< for all of it; 0: any time
    std::chrono::seconds connect_timeout{};  ///< 0: libcurl's, five minutes
    bool compressed = false;                 ///< may the answer be?

    bool verify = true;    ///< the server's certificate
    std::string cacert{};  ///< file of those that it is verified by; empty: the system's
    std::string cert{};    ///< file of the own certificate; empty: none
    std::string key{};     ///< file of its key

    /// A part of the body, and the status that came before it. False: no more is wanted.
    std::function<bool(long status, std::string_view bytes)> on_body{};
    /// A header with its line end.
    std::function<void(std::string_view line)> on_header{};
    /// Is nobody interested any more? Asked several times a second.
    std::function<bool()> gives_up{};
  };

  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The status of the answer, whichever it is. Redirects are not followed. Error, in libcurl's
  /// words: there is none, it was no longer wanted, or libcurl cannot be loaded.
  [[nodiscard]] tl::expected<long, std::string> ask(const Request& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;  // nullptr: libcurl cannot be loaded
};

}  // namespace vmtrail
