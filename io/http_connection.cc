// SPDX-License-Identifier: Apache-2.0
// One connection of the HTTP server: a request is read, answered, and the next one is read.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "io/decompressor.h"
#include "io/gzip.h"
#include "io/http_listener.h"
#include "io/http_negotiation.h"
#include "io/http_streaming.h"

namespace vmtrail {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using beast::error_code;
using Plain = beast::tcp_stream;
using Clock = std::chrono::steady_clock;
using Tls = beast::ssl_stream<beast::tcp_stream>;

constexpr auto kLinger = std::chrono::seconds{2};  // for a client that still sends what is refused
constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kWorthGzip = 1400;        // bytes; what is shorter is one packet anyway
constexpr std::size_t kGzipAtOnce = 128 << 10;  // bytes, then it is another connection's turn
// What has been read and not parsed. Beast looks for the end of a chunk's extensions, and of all
// trailers, in what it has; its limits are of header and body.
constexpr std::size_t kMostUnparsed = 128 << 10;
constexpr std::size_t kMostInflated = 1032;  // times the size, by the format's largest ratio

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return beast::iequals({type.data(), type.size()}, "application/json") ||
         beast::iequals({type.data(), type.size()}, "application/x-ndjson");
}

// nullopt: it is no whole gzip stream. What is longer than `most` is cut right behind it.
std::optional<std::string> inflated(std::string_view body, std::size_t most) {
  const auto stream = find_decompressor(body.substr(0, kMagicSize));
  if (stream == nullptr) return std::nullopt;
  std::string out;
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + kPiece);
    const auto written = stream->step(body, std::span(out).subspan(before));
    if (!written) return std::nullopt;
    out.resize(before + *written);
    if (out.size() > most) return out;
    if (body.empty() && *written == 0) break;
  }
  return stream->complete() ? std::optional(std::move(out)) : std::nullopt;
}

template <class Stream>
class Connection : public HttpClosable, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <class... Arguments>
  explicit Connection(HttpListener& listener, Arguments&&... stream)
      : listener_(listener),
        stream_(std::forward<Arguments>(stream)...),
        timer_(stream_.get_executor()) {
    const std::unique_lock lock(listener_.mutex);
    listener_.connections.insert(this);
  }
  ~Connection() override {
    give_back();
    const std::unique_lock lock(listener_.mutex);
    listener_.connections.erase(this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    net::post(stream_.get_executor(), [self = this->shared_from_this()] { self->greet(); });
  }

  void close_when_idle() override {
    post_weakly([](Connection& self) {
      if (self.idle_) self.tcp_stream().close();
    });
  }
  void close() override {
    post_weakly([](Connection& self) {
      self.tcp_stream().close();
      self.timer_.cancel();
      self.keep_.reset();
      self.work_.reset();
    });
  }

 private:
  // It may be on its way out already: then weak_from_this() has nothing.
  template <class Do>
  void post_weakly(Do what) {
    net::post(stream_.get_executor(), [weak = this->weak_from_this(), what] {
      if (const auto self = weak.lock()) what(*self);
    });
  }
  auto step(void (Connection::*next)(error_code)) {
    return [self = this->shared_from_this(), next](error_code failed, auto...) {
      ((*self).*next)(failed);
    };
  }
  Plain& tcp_stream() { return beast::get_lowest_layer(stream_); }

  // What goes on now may take so long. tcp_stream's own timer is set and cancelled with each
  // operation, which is a good part of what a request costs; this one looks now and then whether
  // the deadline has moved, and often enough for the shortest that there is.
  void allow(Clock::duration time) {
    deadline_ = Clock::now() + time;
    if (!timer_runs_ || deadline_ < timer_.expiry()) look_at(deadline_);
  }
  void look_at(Clock::time_point time) {
    const auto& options = listener_.options;
    timer_runs_ = true;
    timer_.expires_at(std::min(time, Clock::now() + std::min(options.idle, options.request)));
    timer_.async_wait([weak = this->weak_from_this()](error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self) return;
      if (Clock::now() >= self->deadline_) return self->tcp_stream().close();
      self->look_at(self->deadline_);
    });
  }

  void greet() {
    if constexpr (std::is_same_v<Stream, Tls>) {
      allow(listener_.options.request);
      stream_.async_handshake(net::ssl::stream_base::server, step(&Connection::on_greeted));
    } else {
      read();
    }
  }
  void on_greeted(error_code failed) {
    if (!failed) read();
  }

  void read() {
    if (listener_.stopping) return end();
    idle_ = true;
    method_.clear();
    parser_.emplace();
    parser_->header_limit(listener_.options.most_header);
    most_body_ = listener_.options.most_body;
    parser_->body_limit(most_body_);
    allow(listener_.options.idle);
    http::async_read_header(stream_, buffer_, *parser_, step(&Connection::on_header));
  }

  // Whoever may not send, or sends what nobody wants, is told so before its body is read.
  void on_header(error_code failed) {
    idle_ = false;
    if (failed == http::error::end_of_stream) return end();
    if (failed) return on_unreadable(failed);
    const auto& request = parser_->get();
    const std::string_view target = view(request.target());
    const std::size_t mark = target.find('?');
    path_ = target.substr(0, mark);
    query_ = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    method_ = view(request.method_string());
    auto match = listener_.match(method_, path_);
    route_ = std::move(match.route);
    if (listener_.stopping) return refuse(503, "the server is stopping; send it again later");
    if (is_preflight() && !match.allow.empty()) return answer_preflight(match.allow);
    const bool for_all = route_ && route_->without_token;
    if (!for_all && !listener_.options.any_name && names_site(view(request[http::field::host]))) {
      return refuse(421,
                    "without a token_file this answers to an address or a simple name, not to a "
                    "site's (--beyond-loopback lets it)");
    }
    const bool may =
        for_all || listener_.options.access.allows(view(request[http::field::authorization]));
    if (!may) {
      return refuse(401,
                    "a token is wanted: Authorization: Bearer TOKEN, or Basic with a user and "
                    "the token as password");
    }
    if (!route_ && !match.allow.empty()) {
      allow_ = match.allow;
      return refuse(405, "this path takes " + match.allow);
    }
    if (!route_) return refuse(404, "there is nothing at this path");
    if (route_->wants_json && !is_json(view(request[http::field::content_type]))) {
      return refuse(415, "send JSON, with Content-Type: application/json");
    }
    const auto encoding = request[http::field::content_encoding];
    zipped_ = beast::iequals(encoding, "gzip") || beast::iequals(encoding, "x-gzip");
    if (!zipped_ && !encoding.empty() && !beast::iequals(encoding, "identity")) {
      return refuse(415, "send it plain, or with Content-Encoding: gzip");
    }
    if (route_->method != "POST") most_body_ = 0;
    parser_->body_limit(most_body_);
    if (parser_->content_length().value_or(0) > most_body_) return refuse_body();
    if (!set_aside()) return refuse(503, "too much comes at the same time; send it again", 1);
    if (beast::iequals(request[http::field::expect], "100-continue")) {
      go_on_ = http::response<http::empty_body>(http::status::continue_, request.version());
      http::async_write(stream_, *go_on_, step(&Connection::on_told_to_go_on));
    } else {
      on_told_to_go_on({});
    }
  }

  // Room for the whole body, before any of it is read.
  bool set_aside() {
    const std::size_t body = parser_->content_length().value_or(most_body_);
    aside_ = body;
    if (zipped_) aside_ += std::min(body * kMostInflated + kPiece, most_body_);
    if (listener_.bodies.fetch_add(aside_) + aside_ <= listener_.options.most_bodies) return true;
    give_back();
    return false;
  }
  void give_back() { listener_.bodies -= std::exchange(aside_, 0); }

  void on_told_to_go_on(error_code failed) {
    if (failed) return;
    if (parser_->is_done()) return on_body({});  // as of any GET
    allow(listener_.options.request);
    http::async_read(stream_, buffer_, *parser_, step(&Connection::on_body));
  }

  void on_body(error_code failed) {
    if (failed) return on_unreadable(failed);
    HttpRequest request{method_, path_, query_, std::move(parser_->get().body()), {}};
    request.last_event_id = view(parser_->get()["Last-Event-ID"]);
    if (zipped_) {
      auto body = inflated(request.body, listener_.options.most_body);
      if (!body) return answer(http_error(400, "the body is no whole gzip stream"));
      if (body->size() > listener_.options.most_body) return answer(too_large());
      request.body = std::move(*body);
    }
    hand_over(std::move(request));
    give_back();
  }

  void hand_over(HttpRequest request) {
    // Nothing is read or written until the reply: this alone keeps connection and server at work.
    keep_ = this->shared_from_this();
    work_.emplace(stream_.get_executor());
    deadline_ = Clock::time_point::max();
    const std::uint64_t number = ++number_;
    if (route_->answer_within.count() > 0) {
      too_late_.expires_after(route_->answer_within);
      too_late_.async_wait([weak = this->weak_from_this(), number](error_code stopped) {
        if (const auto self = weak.lock(); self && !stopped) self->on_reply(number, too_late());
      });
    }
    // Who answers may keep the reply for longer than the server is there: it must hold nothing of
    // it.
    route_->take(std::move(request), [weak = this->weak_from_this(), number](HttpAnswer reply) {
      const auto self = weak.lock();
      if (!self) return;
      // At once, if it is this connection's turn: who asks quickly is answered quickly.
      net::dispatch(self->stream_.get_executor(),
                    [weak, number, reply = std::move(reply)]() mutable {
                      if (const auto still = weak.lock()) still->on_reply(number, std::move(reply));
                    });
    });
  }

  // The first one counts; another request may be at work when the second comes.
  void on_reply(std::uint64_t number, HttpAnswer reply) {
    if (!keep_ || number != number_) return;
    if (route_->answer_within.count() > 0) too_late_.cancel();
    work_.reset();
    const auto self = std::move(keep_);
    answer(std::move(reply));
  }

  static HttpAnswer too_late() {
    HttpAnswer answer = http_error(503, "it is not known to be kept yet; send it again later");
    answer.retry_after = 5;
    return answer;
  }

  void on_unreadable(error_code failed) {
    if (failed == http::error::body_limit) return refuse_body();
    if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
      return refuse(431, "the header is too large");
    }
    if (failed.category() == http::make_error_code(http::error::bad_method).category() &&
        failed != http::error::partial_message && failed != http::error::end_of_stream) {
      return refuse(400, "this is no HTTP request: " + failed.message());
    }
    // Gone, or too slow.
  }

  [[nodiscard]] HttpAnswer too_large() const {
    return http_error(413, most_body_ == 0 ? "this path takes no body"
                                           : "at most " + std::to_string(most_body_) +
                                                 " bytes, decompressed; send it in parts");
  }
  void refuse_body() {
    close_after_ = true;
    answer(too_large());
  }

  // The body has not been read, so nothing behind it can be.
  void refuse(unsigned status, std::string_view what, unsigned retry_after = 0) {
    close_after_ = true;
    HttpAnswer reply = http_error(status, what);
    reply.retry_after = retry_after;
    answer(std::move(reply));
  }

  // Browsers ask without a token, before they send a page's request.
  [[nodiscard]] bool is_preflight() const {
    const auto& request = parser_->get();
    return method_ == "OPTIONS" && request.count(http::field::access_control_request_method) > 0 &&
           listener_.options.cors.admits(view(request[http::field::origin]));
  }
  void answer_preflight(const std::string& methods) {
    close_after_ = !parser_->is_done();
    auto& response = begin_response(204);
    const std::string_view origin = view(parser_->get()[http::field::origin]);
    for (const auto& [name, value] : listener_.options.cors.preflight_headers(origin, methods)) {
      response.set(name, value);
    }
    send();
  }

  http::response<http::string_body>& begin_response(unsigned status) {
    auto& response = response_.emplace();
    response.version(11);
    response.result(status);
    const HttpCors& cors = listener_.options.cors;
    for (const auto& [name, value] : cors.headers(view(parser_->get()[http::field::origin]))) {
      response.set(name, value);
    }
    if (cors.varies()) response.set(http::field::vary, "Origin");
    return response;
  }

  void answer(HttpAnswer reply) {
    give_back();
    auto& response = begin_response(reply.status);
    response.set(http::field::content_type, reply.type);
    if (reply.retry_after > 0) {
      response.set(http::field::retry_after, std::to_string(reply.retry_after));
    }
    if (reply.status == 401) response.set(http::field::www_authenticate, "Basic realm=\"vmtrail\"");
    if (!allow_.empty()) response.set(http::field::allow, allow_);
    if (reply.stream) return stream(reply);
    response.body() = std::move(reply.body);
    if (reply.status == 200 && (method_ == "GET" || method_ == "HEAD")) {
      return answer_reader(reply.passing);
    }
    send();
  }

  // Who has it already does not get it again; who takes gzip gets it so.
  void answer_reader(const std::optional<Passing>& passing) {
    auto& response = *response_;
    const auto& request = parser_->get();
    response.set(http::field::vary,
                 listener_.options.cors.varies() ? "Accept-Encoding, Origin" : "Accept-Encoding");
    if (passing) {
      const std::string tag = tag_of(response.body(), *passing);
      response.set(http::field::etag, tag);
      response.set(http::field::cache_control, "no-cache");  // keep it, but ask
      if (names_tag(view(request[http::field::if_none_match]), tag)) {
        response.result(http::status::not_modified);
        response.erase(http::field::content_type);
        response.body().clear();
        return send();
      }
    }
    if (response.body().size() < kWorthGzip ||
        !accepts_gzip(view(request[http::field::accept_encoding]))) {
      return send();
    }
    gzip_.emplace(response.body());
    compress();
  }
  void compress() {
    if (!gzip_->step(kGzipAtOnce)) {
      net::post(stream_.get_executor(), [self = this->shared_from_this()] { self->compress(); });
      return;
    }
    response_->set(http::field::content_encoding, "gzip");
    response_->body() = gzip_->take();
    gzip_.reset();
    send();
  }

  void send() {
    auto& response = *response_;
    response.keep_alive(!close_after_ && !listener_.stopping && parser_->get().keep_alive());
    const bool has_body = response.result() != http::status::not_modified &&
                          response.result() != http::status::no_content;
    if (has_body) response.prepare_payload();
    if (method_ == "HEAD") response.body().clear();
    allow(listener_.options.request);
    http::async_write(stream_, response, step(&Connection::on_answered));
  }

  // The header is that of the response so far.
  void stream(const HttpAnswer& reply) {
    const bool chunked = parser_->get().version() >= 11;
    response_->set(http::field::cache_control, "no-store");
    response_->set("X-Accel-Buffering", "no");  // a proxy (nginx) is to pass it on as it comes
    response_->set(http::field::connection, "close");
    if (method_ == "HEAD") {
      allow(listener_.options.request);
      return http::async_write(stream_, *response_, step(&Connection::on_answered));
    }
    const auto streaming =
        std::make_shared<HttpStreaming<Stream>>(this->shared_from_this(), stream_);
    if (chunked) response_->set(http::field::transfer_encoding, "chunked");
    streaming->start(response_->base(), chunked);
    reply.stream(streaming->body());
  }

  void on_answered(error_code failed) {
    if (failed) return;
    const bool goes_on = response_->keep_alive();
    response_.reset();
    allow_.clear();
    if (goes_on) return read();
    end();
  }

  // A client that is still sending must get to read the answer before the connection is reset.
  void end() {
    error_code ignored;
    tcp_stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (!close_after_) return;
    allow(kLinger);
    linger();
  }
  void linger() {
    tcp_stream().async_read_some(net::buffer(rest_), step(&Connection::on_lingered));
  }
  void on_lingered(error_code failed) {
    if (!failed) linger();
  }

  HttpListener& listener_;
  Stream stream_;
  net::steady_timer too_late_{stream_.get_executor()};  // of the request that is being answered
  std::uint64_t number_ = 0;                            // of requests handed over
  net::steady_timer timer_;
  bool timer_runs_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  beast::flat_buffer buffer_{kMostUnparsed};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::empty_body>> go_on_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<Gzip> gzip_;  // of its body
  std::shared_ptr<const HttpRoute> route_;
  std::string method_;
  std::string path_;
  std::string query_;
  bool zipped_ = false;  // so is the body
  std::string allow_;
  std::size_t most_body_ = 0;  // bytes
  std::size_t aside_ = 0;      // bytes of listener_.bodies that are ours
  bool idle_ = false;
  bool close_after_ = false;
  std::array<char, 4096> rest_{};
  std::shared_ptr<Connection> keep_;  // itself, while a reply is awaited
  std::optional<net::executor_work_guard<typename Stream::executor_type>> work_;
};

}  // namespace

void serve_http(tcp::socket socket, HttpListener& listener) {
  std::make_shared<Connection<Plain>>(listener, std::move(socket))->start();
}

void serve_https(tcp::socket socket, net::ssl::context& tls, HttpListener& listener) {
  std::make_shared<Connection<Tls>>(listener, std::move(socket), tls)->start();
}

}  // namespace vmtrail
