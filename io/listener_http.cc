// SPDX-License-Identifier: Apache-2.0
// Questions over HTTP.

#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "io/listeners.h"
#include "io/query_routes.h"
#include "io/watch_http.h"

namespace vmtrail {

extern const std::string_view kOpenApi;  // docs/openapi.yaml

namespace {

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::ambiguous:
      return 409;
    case ErrorCode::wrong_usage:
      return 400;
    case ErrorCode::unavailable:
      return 503;
    default:
      return 500;
  }
}

// The answer's own JSON, with its error spread out as problem details.
HttpAnswer problem(const Answer& answer) {
  using Json = nlohmann::ordered_json;
  const unsigned status = status_of(answer.error->code);
  const Json told = Json::parse(answer.json);
  Json body = {{"type", "about:blank"},
               {"title", http_title(status)},
               {"status", status},
               {"detail", told["error"]["message"]}};
  for (const auto& [key, value] : told["error"].items()) {
    if (key != "message") body[key] = value;
  }
  for (const auto& [key, value] : told.items()) {
    if (key != "error") body[key] = value;
  }
  return {.status = status,
          .body = body.dump() + "\n",
          .type = "application/problem+json",
          .retry_after = status == 503 ? 1U : 0U};
}

// age_s, in the head, before anything that others have chosen.
Passing age_in(std::string_view json) {
  constexpr std::string_view kKey = "\"age_s\":";
  const std::size_t key = json.find(kKey);
  if (key == std::string_view::npos) return {};
  const std::size_t at = key + kKey.size();
  return {at, json.find_first_of(",}", at) - at};
}

HttpAnswer answered(const Answer& answer) {
  const Passing age = age_in(answer.json);
  return {.body = answer.json + "\n", .passing = age};
}

class HttpListening : public Listener {
 public:
  HttpListening(HttpServer& server, QueryDesk& desk, WatchDesk& watch) : server_(server) {
    for (const QueryRoute& route : query_routes()) {
      server.add({.method = "GET",
                  .path = std::string(route.path),
                  .take = [&route, &desk, &watch](const HttpRequest& asked, HttpReply reply) {
                    auto request = request_of(route, asked.path, asked.query);
                    if (!request) return reply(problem(unasked(request.error())));
                    if (route.op == "watch") {
                      auto stream =
                          watch_over_http(watch, std::move(*request), asked.last_event_id);
                      return reply(stream ? *stream : problem(unasked(stream.error())));
                    }
                    desk.ask(std::move(*request), [reply = std::move(reply)](const Answer& answer) {
                      reply(answer.error ? problem(answer) : answered(answer));
                    });
                  }});
    }
    server.add(
        {.method = "GET",
         .path = "/v1/openapi.yaml",
         .take = [](const HttpRequest&, const HttpReply& reply) {
           reply({.body = std::string(kOpenApi), .type = "application/yaml", .passing = Passing{}});
         }});
  }

  [[nodiscard]] std::string address() const override { return server_.address(); }

 private:
  HttpServer& server_;
};

}  // namespace

Result<ListenerOpener> prepare_http_listener(const Url& url, bool beyond_loopback) {
  const auto options = http_options(url, beyond_loopback);
  if (!options) return tl::unexpected(options.error());
  return [url, options = *options](const ListenerSetting& setting) -> OpenedListener {
    auto server = setting.http.at(url, options);
    if (!server) return tl::unexpected(server.error());
    return std::make_unique<HttpListening>(**server, setting.desk, setting.watch);
  };
}

}  // namespace vmtrail
