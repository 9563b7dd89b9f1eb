// SPDX-License-Identifier: Apache-2.0

#include "io/query_client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "io/client_url.h"
#include "io/http_client.h"
#include "io/json_member.h"
#include "io/query_routes.h"
#include "io/zmq_peer.h"

namespace vmtrail {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargestAnswer = std::size_t{1} << 30;

tl::unexpected<Error> no_answer(const Url& url, const std::string& why) {
  return tl::unexpected(silent(url, why));
}

// The error of the answer, if it is one.
Result<Answer> failed(const Url& url, std::string json, const std::string& code,
                      std::string message) {
  Error error = told_by(url, code, std::move(message));
  if (error.code == ErrorCode::unavailable) return tl::unexpected(std::move(error));
  return Answer{std::move(json), std::move(error)};
}

// ---- HTTP

class HttpAsker {
 public:
  HttpAsker(Url url, long timeout, const std::string& token) : url_(std::move(url)) {
    usual_.timeout = std::chrono::seconds(timeout);
    usual_.cacert = url_.value("cacert").value_or("");
    if (!token.empty()) usual_.headers.push_back("Authorization: Bearer " + token);
  }

  Result<Answer> ask(const Request& request) {
    const auto target = target_of(request);
    if (!target) return Answer{{}, target.error()};
    std::string body;
    HttpClient::Request http = usual_;
    http.url = origin_of(url_) + *target;
    http.on_body = [&](long, std::string_view bytes) {
      if (body.size() + bytes.size() > kLargestAnswer) return false;
      body += bytes;
      return true;
    };
    const auto status = client_.ask(http);
    if (!status) return no_answer(url_, status.error());
    const Json told = Json::parse(body, nullptr, false);
    if (!told.is_object()) return no_answer(url_, "answers with what is no JSON object");
    if (*status == 200) {
      while (body.ends_with('\n')) body.pop_back();
      return Answer{std::move(body), std::nullopt};
    }
    std::string detail = text_of(told, "detail");
    if (detail.empty()) detail = "answers " + std::to_string(*status);
    return failed(url_, std::move(body), text_of(told, "code"), std::move(detail));
  }

 private:
  const Url url_;
  HttpClient::Request usual_;  // what all questions have in common
  HttpClient client_;
};

Result<QueryClient> open_http(const Url& url, long timeout) {
  auto token = token_of(url);
  if (!token) return tl::unexpected(token.error());
  const auto asker = std::make_shared<HttpAsker>(url, timeout, *token);
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
      return no_answer(url, "does not answer");
    }
  } catch (const zmq::error_t& error) {
    return no_answer(url, error.what());
  }
  const Json told = Json::parse(frame.to_string_view(), nullptr, false);
  if (!told.is_object() || frame.more())
    return no_answer(url, "answers with what is no JSON object");
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
  if (auto right = check_client_url(url); !right) return tl::unexpected(right.error());
  const auto timeout = timeout_of(url);
  if (!timeout) return tl::unexpected(timeout.error());
  return is_http(url) ? open_http(url, *timeout) : open_zmq(url, *timeout);
}

}  // namespace vmtrail
