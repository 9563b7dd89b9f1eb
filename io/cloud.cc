// SPDX-License-Identifier: Apache-2.0

#include "io/cloud.h"

#include <strings.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/http_client.h"
#include "io/json_member.h"

namespace vmtrail {

namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kLargestPage = std::size_t{256} << 20;
constexpr std::size_t kMostPages = 100'000;
constexpr char kPage[] = "1000";  // Nova's own limit, unless it is configured lower

struct Reply {
  long status = 0;
  std::string body;
  std::string token;  ///< X-Subject-Token
};

tl::unexpected<Error> failed(const std::string& url, const std::string& why) {
  return tl::unexpected(Error{ErrorCode::unreadable, url + ": " + why});
}

bool take_body(std::string& body, std::string_view bytes) {
  if (body.size() + bytes.size() > kLargestPage) return false;
  body += bytes;
  return true;
}

void take_header(Reply& reply, std::string_view line) {
  constexpr std::string_view kName = "x-subject-token:";
  if (line.size() <= kName.size() || ::strncasecmp(line.data(), kName.data(), kName.size()) != 0) {
    return;
  }
  line.remove_prefix(std::min(line.find_first_not_of(' ', kName.size()), line.size()));
  reply.token = line.substr(0, line.find_first_of("\r\n"));
}

/// One conversation, so that connections are used again.
class Client {
 public:
  Client(const CloudAccess& access, const std::stop_token& stop) : access_(access), stop_(stop) {}

  /// `body` is posted as JSON; nullopt: GET. Statuses of 300 and more are errors.
  Result<Reply> ask(const std::string& url, const std::string& token,
                    const std::optional<std::string>& body);

 private:
  const CloudAccess& access_;
  const std::stop_token& stop_;
  HttpClient client_;
};

// Redirects are not followed: the token goes to whom the catalogue names, and to nobody else.
Result<Reply> Client::ask(const std::string& url, const std::string& token,
                          const std::optional<std::string>& body) {
  Reply reply;
  HttpClient::Request request{.url = url,
                              .headers = {"Accept: application/json"},
                              .body = body,
                              .timeout = kPatience,
                              .compressed = true,
                              .verify = access_.verify,
                              .cacert = access_.cacert,
                              .cert = access_.cert,
                              .key = access_.key};
  if (!token.empty()) request.headers.push_back("X-Auth-Token: " + token);
  if (body) request.headers.emplace_back("Content-Type: application/json");
  request.on_body = [&](long, std::string_view bytes) { return take_body(reply.body, bytes); };
  request.on_header = [&](std::string_view line) { take_header(reply, line); };
  request.gives_up = [&] { return stop_.stop_requested(); };
  const auto status = client_.ask(request);
  if (!status) return failed(url, status.error());
  reply.status = *status;
  if (reply.status >= 300) return failed(url, "HTTP status " + std::to_string(reply.status));
  return reply;
}

// https://docs.openstack.org/api-ref/identity/v3/: a password, or an application's credential.
Json token_request(const std::map<std::string, std::string>& auth) {
  const auto has = [&](const char* key) { return auth.contains(key); };
  const auto named = [&](const char* id, const char* name) {
    return has(id) ? Json{{"id", auth.at(id)}} : Json{{"name", has(name) ? auth.at(name) : ""}};
  };
  const auto domain = [&](const char* id, const char* name) {
    return has(id) || has(name) ? named(id, name) : Json{{"id", "default"}};
  };
  Json user = named("user_id", "username");
  if (!has("user_id")) user["domain"] = domain("user_domain_id", "user_domain_name");
  if (has("application_credential_secret")) {
    Json credential = named("application_credential_id", "application_credential_name");
    if (!has("application_credential_id")) credential["user"] = user;
    credential["secret"] = auth.at("application_credential_secret");
    return {
        {"auth",
         {{"identity",
           {{"methods", {"application_credential"}}, {"application_credential", credential}}}}}};
  }
  user["password"] = has("password") ? auth.at("password") : "";
  Json project = named("project_id", "project_name");
  if (!has("project_id")) project["domain"] = domain("project_domain_id", "project_domain_name");
  return {{"auth",
           {{"identity", {{"methods", {"password"}}, {"password", {{"user", user}}}}},
            {"scope", {{"project", project}}}}}};
}

// Nova's URL in the catalogue that comes with the token; empty: there is none.
std::string compute_url(const Json& token, const CloudAccess& access) {
  const Json none = Json::array();
  const auto list = [&](const Json& object, const char* key) -> const Json& {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_array() ? *found : none;
  };
  const auto inner = token.is_object() ? token.find("token") : token.end();
  if (inner == token.end()) return {};
  for (const Json& service : list(*inner, "catalog")) {
    if (text_of(service, "type") != "compute") continue;
    for (const Json& endpoint : list(service, "endpoints")) {
      // "publicURL" is how Keystone's second version wrote it.
      const std::string interface = text_of(endpoint, "interface");
      if (!interface.empty() && access.interface.starts_with(interface) &&
          (access.region.empty() || access.region == text_of(endpoint, "region"))) {
        return text_of(endpoint, "url");
      }
    }
  }
  return {};
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<std::string> list_servers(const CloudAccess& access, const std::stop_token& stop) {
  Client client(access, stop);
  std::string keystone = without_slash(access.auth_url);
  if (!keystone.ends_with("/v3")) keystone += "/v3";
  const auto reply = client.ask(keystone + "/auth/tokens", {}, token_request(access.auth).dump());
  if (!reply) return tl::unexpected(reply.error());
  const std::string nova =
      without_slash(compute_url(Json::parse(reply->body, nullptr, false), access));
  if (nova.empty() || reply->token.empty()) {
    return failed(keystone, "no token, or no compute endpoint for interface " + access.interface);
  }
  std::string all;
  std::string marker;
  for (std::size_t page = 0; page < kMostPages; ++page) {
    const std::string url = nova + "/servers/detail?all_tenants=1&limit=" + kPage +
                            (marker.empty() ? "" : "&marker=" + marker);
    const auto answer = client.ask(url, reply->token, std::nullopt);
    if (!answer) return tl::unexpected(answer.error());
    const Json document = Json::parse(answer->body, nullptr, false);
    const auto servers = document.is_object() ? document.find("servers") : document.end();
    if (servers == document.end() || !servers->is_array()) return failed(url, "no list of servers");
    all += answer->body + "\n";
    if (servers->empty()) return all;
    const std::string last = text_of(servers->back(), "id");
    if (last.empty() || last == marker) return failed(url, "the pages do not go on");
    marker = last;
  }
  return failed(nova, "the pages do not end");
}

}  // namespace vmtrail
