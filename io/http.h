// SPDX-License-Identifier: Apache-2.0
// What the HTTP server hands to those who answer, and what they give back.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vmtrail {

class HttpStream;

struct HttpRequest {
  std::string method;
  std::string path;           ///< without the query
  std::string query;          ///< what is behind `?`, as it was sent
  std::string body;           ///< decompressed
  std::string last_event_id;  ///< of server-sent events: what a client has seen; empty: not told
};

/// Bytes of a body that vary with the moment of asking alone.
struct Passing {
  std::size_t at = 0;
  std::size_t size = 0;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string body;
  std::string type = "application/json";
  unsigned retry_after = 0;  ///< seconds; 0: it is not said
  /// Given: the body has an entity tag, of all but this. Who has it already gets 304.
  std::optional<Passing> passing{};
  /// Instead of `body`: called with the stream that it is, once the connection is ready for it.
  std::function<void(std::shared_ptr<HttpStream>)> stream{};
};

/// Problem details (RFC 9457); `what` is a sentence that says what to do.
[[nodiscard]] HttpAnswer http_error(unsigned status, std::string_view what);

/// The phrase of a status, as the `title` of problem details.
[[nodiscard]] std::string_view http_title(unsigned status);

/// Answers the request for which it was given; once, from any thread, at any time.
using HttpReply = std::function<void(HttpAnswer)>;

/// One row of the server's table.
struct HttpRoute {
  std::string method;
  std::string path;            ///< a segment that is `*`: any one that is not empty
  bool without_token = false;  ///< answered whoever asks
  bool wants_json = false;     ///< a body of another type is refused
  /// Then it is answered 503, to be sent again later, whatever comes of it; 0: it waits for ever.
  std::chrono::seconds answer_within{};
  /// Called by a thread of the server, which it must not hold up.
  std::function<void(HttpRequest, HttpReply)> take;
};

}  // namespace vmtrail
