// SPDX-License-Identifier: Apache-2.0

#include "io/cloud.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace vmtrail {

namespace {

using Json = nlohmann::json;

constexpr long kPatienceSeconds = 60;
constexpr std::size_t kLargestPage = std::size_t{256} << 20;
constexpr std::size_t kMostPages = 100'000;
constexpr char kPage[] = "1000";  // Nova's own limit, unless it is configured lower

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Reply {
  long status = 0;
  std::string body;
  std::string token;  ///< X-Subject-Token
};

tl::unexpected<Error> failed(const std::string& url, const std::string& why) {
  return tl::unexpected(Error{ErrorCode::unreadable, url + ": " + why});
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* reply) {
  std::string& body = static_cast<Reply*>(reply)->body;
  if (body.size() + size * count > kLargestPage) return 0;  // curl gives up
  body.append(bytes, size * count);
  return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* reply) {
  constexpr std::string_view kName = "x-subject-token:";
  std::string_view line(bytes, size * count);
  if (line.size() > kName.size() && curl_strnequal(line.data(), kName.data(), kName.size()) != 0) {
    line.remove_prefix(std::min(line.find_first_not_of(' ', kName.size()), line.size()));
    static_cast<Reply*>(reply)->token = line.substr(0, line.find_first_of("\r\n"));
  }
  return size * count;
}

// curl asks once a second, whatever it waits for. Not 0: it is to give up.
int is_stopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

/// One conversation, so that connections are used again.
class Client {
 public:
  Client(const CloudAccess& access, const std::stop_token& stop)
      : access_(access), stop_(stop), curl_(curl_easy_init()) {}

  /// `body` is posted as JSON; nullopt: GET. Statuses of 400 and more are errors.
  Result<Reply> ask(const std::string& url, const std::string& token,
                    const std::optional<std::string>& body);

 private:
  const CloudAccess& access_;
  const std::stop_token& stop_;
  std::unique_ptr<CURL, FreeCurl> curl_;
};

Result<Reply> Client::ask(const std::string& url, const std::string& token,
                          const std::optional<std::string>& body) {
  Reply reply;
  CURL* const curl = curl_.get();
  if (curl == nullptr) return failed(url, "libcurl cannot be used");
  curl_easy_reset(curl);
  curl_slist* list = curl_slist_append(nullptr, "Accept: application/json");
  if (!token.empty()) list = curl_slist_append(list, ("X-Auth-Token: " + token).c_str());
  if (body) list = curl_slist_append(list, "Content-Type: application/json");
  const std::unique_ptr<curl_slist, FreeCurl> headers(list);
  // No redirects: the token goes to whom the catalogue names, and to nobody else.
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kPatienceSeconds);
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, access_.verify ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, access_.verify ? 2L : 0L);
  if (!access_.cacert.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, access_.cacert.c_str());
  if (!access_.cert.empty()) curl_easy_setopt(curl, CURLOPT_SSLCERT, access_.cert.c_str());
  if (!access_.key.empty()) curl_easy_setopt(curl, CURLOPT_SSLKEY, access_.key.c_str());
  if (body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_stopped);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stop_);
  if (const CURLcode done = curl_easy_perform(curl); done != CURLE_OK) {
    return failed(url, curl_easy_strerror(done));
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
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

std::string text_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
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
      if (access.interface.starts_with(text_of(endpoint, "interface")) &&
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
