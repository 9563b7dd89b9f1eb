// SPDX-License-Identifier: Apache-2.0

#include "io/query_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "io/query_routes.h"
#include "io/zmq_peer.h"

namespace vmtrail {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargestAnswer = std::size_t{1} << 30;
constexpr std::string_view kHttpClientOptions[] = {"token_file", "cacert", "timeout"};
constexpr std::string_view kZmqClientOptions[] = {"curve", "timeout"};

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

tl::unexpected<Error> silent(const Url& url, const std::string& why) {
  return tl::unexpected(Error{ErrorCode::unavailable, url.text + ": " + why});
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The error as it was where it came from. One that is not of the question is the program's.
Result<Answer> failed(const Url& url, std::string json, const std::string& code,
                      std::string message) {
  for (const ErrorInfo& row : error_table()) {
    if (row.name != code || row.code == ErrorCode::unavailable) continue;
    const std::string sentence = std::string(row.sentence) + ": ";
    if (message.starts_with(sentence)) message.erase(0, sentence.size());
    return Answer{std::move(json), Error{row.code, std::move(message)}};
  }
  return silent(url, message);
}

Result<long> timeout_of(const Url& url) {
  const auto seconds = url.number("timeout", 30);
  if (!seconds) return tl::unexpected(seconds.error());
  if (*seconds >= 1 && *seconds <= 3'600) return static_cast<long>(*seconds);
  return tl::unexpected(wrong_url(url, "timeout is 1 to 3600 seconds"));
}

// ---- HTTP

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) {
  std::string& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > kLargestAnswer) return 0;  // curl gives up
  body.append(bytes, size * count);
  return size * count;
}

class HttpAsker {
 public:
  HttpAsker(Url url, long timeout, const std::string& token)
      : url_(std::move(url)), timeout_(timeout), curl_(curl_easy_init()) {
    if (token.empty()) return;
    headers_.reset(curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()));
  }

  Result<Answer> ask(const Request& request) {
    const auto target = target_of(request);
    if (!target) return Answer{{}, target.error()};
    const bool v6 = url_.host.find(':') != std::string::npos;
    std::string address = url_.scheme + "://" + (v6 ? "[" + url_.host + "]" : url_.host);
    if (url_.port) address += ":" + std::to_string(*url_.port);
    address += *target;
    const std::string cacert(url_.value("cacert").value_or(""));
    std::string body;
    CURL* const curl = curl_.get();
    if (curl == nullptr) return silent(url_, "libcurl cannot be used");
    curl_easy_reset(curl);  // its connection stays
    curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_);
    if (!cacert.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, cacert.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (const CURLcode done = curl_easy_perform(curl); done != CURLE_OK) {
      return silent(url_, curl_easy_strerror(done));
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    const Json told = Json::parse(body, nullptr, false);
    if (!told.is_object()) return silent(url_, "answers with what is no JSON object");
    if (status == 200) {
      while (body.ends_with('\n')) body.pop_back();
      return Answer{std::move(body), std::nullopt};
    }
    std::string detail = text_of(told, "detail");
    if (detail.empty()) detail = "answers " + std::to_string(status);
    return failed(url_, std::move(body), text_of(told, "code"), std::move(detail));
  }

 private:
  const Url url_;
  const long timeout_;
  std::unique_ptr<CURL, FreeCurl> curl_;
  std::unique_ptr<curl_slist, FreeCurl> headers_;
};

Result<QueryClient> open_http(const Url& url, long timeout) {
  std::string token;
  if (const auto file = url.value("token_file")) {
    std::ifstream input{std::string(*file)};
    if (!std::getline(input, token) || token.empty()) {
      return tl::unexpected(wrong_url(url, "there is no token in token_file"));
    }
  }
  const auto asker = std::make_shared<HttpAsker>(url, timeout, token);
  return [asker](const Request& request) { return asker->ask(request); };
}

// ---- ZeroMQ

Result<Answer> ask_zmq(const Url& url, ZmqPeer& peer, const Request& request) {
  Json json = {{"op", request.op}};
  for (const auto& [name, value] : request.options) json[name] = value;
  zmq::message_t frame;
  try {
    const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!peer.socket.send(zmq::buffer(text)) || !peer.socket.recv(frame)) {
      return silent(url, "does not answer");
    }
  } catch (const zmq::error_t& error) {
    return silent(url, error.what());
  }
  const Json told = Json::parse(frame.to_string_view(), nullptr, false);
  if (!told.is_object() || frame.more()) return silent(url, "answers with what is no JSON object");
  const auto error = told.find("error");
  if (error == told.end()) return Answer{frame.to_string(), std::nullopt};
  return failed(url, frame.to_string(), text_of(*error, "code"), text_of(*error, "message"));
}

Result<QueryClient> open_zmq(const Url& url, long timeout) {
  auto peer =
      ZmqPeer::open(url, {.type = zmq::socket_type::req, .binds = false, .most = kLargestAnswer});
  if (!peer) return tl::unexpected(peer.error());
  const int milliseconds = static_cast<int>(timeout * 1000);
  (*peer)->socket.set(zmq::sockopt::rcvtimeo, milliseconds);
  (*peer)->socket.set(zmq::sockopt::sndtimeo, milliseconds);
  (*peer)->socket.set(zmq::sockopt::linger, 0);
  const std::shared_ptr<ZmqPeer> shared = std::move(*peer);
  return [url, shared](const Request& request) { return ask_zmq(url, *shared, request); };
}

}  // namespace

Result<QueryClient> open_query_client(const Url& url) {
  const bool http = url.scheme == "http" || url.scheme == "https";
  if (!http && url.scheme != "zmq+tcp" && url.scheme != "zmq+router") {
    return tl::unexpected(
        wrong_url(url, "it is asked over http://, https://, zmq+tcp:// or zmq+router://HOST:PORT"));
  }
  const std::span<const std::string_view> known =
      http ? std::span<const std::string_view>(kHttpClientOptions) : kZmqClientOptions;
  if (auto right = check_options(url, known); !right) return tl::unexpected(right.error());
  if (url.host.empty() || (!url.path.empty() && url.path != "/")) {
    return tl::unexpected(wrong_url(url, "a host and a port are wanted, and no path"));
  }
  const auto timeout = timeout_of(url);
  if (!timeout) return tl::unexpected(timeout.error());
  return http ? open_http(url, *timeout) : open_zmq(url, *timeout);
}

}  // namespace vmtrail
