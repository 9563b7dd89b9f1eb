// SPDX-License-Identifier: Apache-2.0
// The HTTP server: one address, a table of routes, few threads for many connections.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "io/http.h"
#include "io/http_access.h"
#include "io/http_cors.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// Answers from open() on: 404 for what no route takes, yet. HTTP/1.1, keep-alive, one request of a
/// connection at a time; HEAD where there is GET, gzip for who wants it, 304 for who has it
/// already. Everything has bounds: what is beyond them is answered with the status that says so,
/// and nothing of it is kept. Thread-safe.
class HttpServer {
 public:
  struct Options {
    std::string host;
    std::uint16_t port = 0;   ///< 0: any that is free
    std::string certificate;  ///< file with the chain, PEM; empty: no TLS
    std::string key;
    HttpAccess access;
    bool any_name = true;  ///< false: 421 for who asks by a site's name, see names_site()
    HttpCors cors;
    std::size_t most_connections = 1024;
    std::size_t most_body = std::size_t{16} << 20;     ///< bytes, also of what it decompresses to
    std::size_t most_bodies = std::size_t{256} << 20;  ///< of all that are being read
    std::uint32_t most_header = 16 << 10;
    std::chrono::seconds idle{75};     ///< between two requests
    std::chrono::seconds request{30};  ///< for a request to come, or an answer to go
    unsigned threads = 2;
  };

  /// Errors: unreadable, with the address or the file.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> open(Options options);
  /// Can its certificate and key be read, and do they belong together? Error: unreadable, with the
  /// file.
  [[nodiscard]] static Result<void> check_files(const Options& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void add(HttpRoute route);

  /// Takes no more requests; writes the answers that are still given within `patience`, and closes
  /// every connection.
  void stop(std::chrono::milliseconds patience);

  /// http://HOST:PORT or https://…, with the port that was found free.
  [[nodiscard]] std::string address() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vmtrail
