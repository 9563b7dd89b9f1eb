// SPDX-License-Identifier: Apache-2.0

#include "io/watch_client.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "io/client_url.h"
#include "io/http_client.h"
#include "io/json_member.h"
#include "io/query_routes.h"
#include "io/server_sent_events.h"
#include "io/zmq_peer.h"

namespace vmtrail {

namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestError = 64 << 10;
constexpr std::size_t kLargestMessage = std::size_t{64} << 20;

std::optional<std::uint64_t> number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

// ---- HTTP

// As it comes over ZeroMQ. Empty: no such event is known.
std::string message_of(const ServerSentEvent& event) {
  if (event.type != "record") {
    if (!event.data.starts_with('{')) return {};
    const Json kind = event.type;
    return "{\"watch\":" + kind.dump(-1, ' ', false, Json::error_handler_t::replace) + "," +
           event.data.substr(1);
  }
  const std::string sequence = text_of(Json::parse(event.data, nullptr, false), "sequence");
  if (sequence.empty()) return {};
  return "{\"watch\":\"record\",\"sequence\":" + sequence + ",\"record\":" + event.data + "}";
}

class HttpWatchClient : public WatchClient {
 public:
  HttpWatchClient(Url url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

 private:
  Result<void> run(const Request& request, const Calls& calls) override {
    const auto target = target_of(request);
    if (!target) return tl::unexpected(target.error());
    HttpClient::Request http{.url = origin_of(url_) + *target,
                             .headers = {"Accept: text/event-stream"},
                             .connect_timeout = std::chrono::seconds(*timeout_of(url_)),
                             .cacert = std::string(url_.value("cacert").value_or(""))};
    if (!token_.empty()) http.headers.push_back("Authorization: Bearer " + token_);

    EventReader events;
    std::string error;  // a body that is none of events
    Result<void> taken;
    Clock::time_point last = Clock::now();
    const auto is_silent = [&] { return Clock::now() - last > kSilence; };
    http.on_body = [&](long status, std::string_view bytes) {
      last = Clock::now();
      if (status != 200) {
        error += bytes.substr(0, kLargestError - std::min(error.size(), kLargestError));
        return true;
      }
      return events.read(bytes, [&](const ServerSentEvent& event) {
        std::string message = message_of(event);
        if (!message.empty()) taken = take(url_, std::move(message), calls);
        return taken.has_value();
      });
    };
    http.gives_up = [&] { return calls.ends() || is_silent(); };

    const auto status = HttpClient().ask(http);
    if (calls.ends()) return {};
    if (!taken) return taken;
    if (is_silent()) return tl::unexpected(silent(url_, "says nothing any more"));
    if (!status) return tl::unexpected(silent(url_, status.error()));
    if (*status == 200) return tl::unexpected(silent(url_, "has ended the connection"));
    const Json told = Json::parse(error, nullptr, false);
    std::string detail = text_of(told, "detail");
    if (detail.empty()) detail = "answers " + std::to_string(*status);
    return tl::unexpected(told_by(url_, text_of(told, "code"), std::move(detail)));
  }

  const Url url_;
  const std::string token_;
};

// ---- ZeroMQ

class ZmqWatchClient : public WatchClient {
 public:
  explicit ZmqWatchClient(Url url) : url_(std::move(url)) {}

 private:
  // A socket of its own each time: what an earlier one was sent is not to be mistaken for the new.
  Result<void> run(const Request& request, const Calls& calls) override {
    auto peer = ZmqPeer::open(
        url_, {.type = zmq::socket_type::dealer, .binds = false, .most = kLargestMessage});
    if (!peer) return tl::unexpected(peer.error());
    Json json = {{"op", request.op}};
    for (const auto& [name, value] : request.options) json[name] = value;
    try {
      zmq::socket_t& socket = (*peer)->socket;
      socket.set(zmq::sockopt::linger, 0);
      socket.send(zmq::buffer(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
      return receive(socket, calls);
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR && calls.ends()) return {};  // a signal has said so
      return tl::unexpected(silent(url_, error.what()));
    }
  }

  Result<void> receive(zmq::socket_t& socket, const Calls& calls) {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    // The first message comes at once, unless nobody is there.
    std::chrono::seconds patience{*timeout_of(url_)};
    Clock::time_point last = Clock::now();
    while (!calls.ends()) {
      zmq::poll(&item, 1, kLook);
      zmq::message_t frame;
      while (socket.recv(frame, zmq::recv_flags::dontwait)) {
        last = Clock::now();
        patience = kSilence;
        if (auto taken = take(url_, frame.to_string(), calls); !taken) return taken;
        if (calls.ends()) return {};
      }
      if (Clock::now() - last > patience) {
        return tl::unexpected(silent(url_, "does not answer"));
      }
    }
    return {};
  }

  const Url url_;
};

}  // namespace

Result<std::unique_ptr<WatchClient>> WatchClient::open(const Url& url) {
  if (auto right = check_client_url(url); !right) return tl::unexpected(right.error());
  if (!is_http(url)) return std::make_unique<ZmqWatchClient>(url);
  auto token = token_of(url);
  if (!token) return tl::unexpected(token.error());
  return std::make_unique<HttpWatchClient>(url, std::move(*token));
}

Result<void> WatchClient::watch(Request request, const Calls& calls) {
  const std::string* const since = request.find("since");
  if (!std::exchange(begun_, true)) {
    whole_ = since != nullptr;
  } else {
    std::erase_if(request.options, [](const auto& option) {
      return option.first == "since" || option.first == "epoch";
    });
    whole_ = behind_.has_value();
    if (behind_) {
      request.options.emplace_back("since", std::to_string(*behind_));
      request.options.emplace_back("epoch", epoch_);
    }
  }
  return run(request, calls);
}

Result<void> WatchClient::take(const Url& url, std::string json, const Calls& calls) {
  const Json told = Json::parse(json, nullptr, false);
  const std::string kind = text_of(told, "watch");
  if (kind.empty()) {
    const auto error = told.is_object() ? told.find("error") : told.end();
    if (error == told.end()) return tl::unexpected(silent(url, "sends what no watch does"));
    return tl::unexpected(told_by(url, text_of(*error, "code"), text_of(*error, "message")));
  }
  heard_ = true;
  WatchEvent event{kind, number_of(told, "sequence"),
                   told.contains("complete") && told["complete"] == true, std::move(json)};
  if (kind == "compacted") {
    whole_ = false;
    behind_.reset();
  }
  if (event.complete) whole_ = true;
  if (std::string epoch = text_of(told, "epoch"); !epoch.empty()) epoch_ = std::move(epoch);
  if (whole_ && event.sequence) behind_ = event.sequence;
  calls.take(event);
  if (kind == "cut") return tl::unexpected(silent(url, text_of(told, "reason")));
  return {};
}

}  // namespace vmtrail
