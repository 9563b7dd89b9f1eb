// SPDX-License-Identifier: Apache-2.0

#include "app/health.h"

#include <utility>

#include "io/keeper.h"

namespace vmtrail {

void add_health(HttpServers& servers, Intake& intake, std::function<std::string()> metrics) {
  servers.add({.method = "GET",
               .path = "/healthz",
               .without_token = true,
               .take = [](const HttpRequest&, const HttpReply& reply) {
                 reply({.body = "{\"status\":\"alive\"}\n"});
               }});
  servers.add({.method = "GET",
               .path = "/readyz",
               .without_token = true,
               .take = [&intake](const HttpRequest&, const HttpReply& reply) {
                 const bool asked = intake.ask([reply](const Keeper& keeper) {
                   reply(keeper.failing()
                             ? http_error(503, "the state cannot be written; see the log")
                             : HttpAnswer{.body = "{\"status\":\"ready\"}\n"});
                 });
                 if (!asked) reply(http_error(503, "the program is busy, or stopping"));
               }});
  servers.add({.method = "GET",
               .path = "/metrics",
               .take = [metrics = std::move(metrics)](const HttpRequest&, const HttpReply& reply) {
                 reply({.body = metrics(), .type = "text/plain; version=0.0.4"});
               }});
}

}  // namespace vmtrail
