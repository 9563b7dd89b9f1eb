// SPDX-License-Identifier: Apache-2.0

#include "io/http_server.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>

#include "io/http_listener.h"
#include "io/prompt_threads.h"
#include "io/thread_name.h"

namespace vmtrail {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using boost::system::error_code;

namespace {

bool fits(std::string_view pattern, std::string_view path) {
  for (;;) {
    const std::size_t wanted = std::min(pattern.find('/'), pattern.size());
    const std::size_t found = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, found);
    if (pattern.substr(0, wanted) == "*" ? segment.empty() : pattern.substr(0, wanted) != segment) {
      return false;
    }
    if (wanted == pattern.size() || found == path.size()) {
      return wanted == pattern.size() && found == path.size();
    }
    pattern.remove_prefix(wanted + 1);
    path.remove_prefix(found + 1);
  }
}

Error error_at(const std::string& where, const std::string& what) {
  return {ErrorCode::unreadable, where + ": " + what};
}

constexpr auto kRest = std::chrono::milliseconds{100};  // when no more sockets are to be had
constexpr auto kTellAgain = std::chrono::minutes{1};

Result<void> set_up(net::ssl::context& tls, const HttpServer::Options& options) {
  if (options.certificate.empty()) return {};
  error_code failed;
  tls.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_sslv2 |
                      net::ssl::context::no_sslv3 | net::ssl::context::no_tlsv1 |
                      net::ssl::context::no_tlsv1_1,
                  failed);
  if (!failed) tls.use_certificate_chain_file(options.certificate, failed);
  if (failed) return tl::unexpected(error_at(options.certificate, failed.message()));
  tls.use_private_key_file(options.key, net::ssl::context::pem, failed);
  if (failed) return tl::unexpected(error_at(options.key, failed.message()));
  return {};
}

}  // namespace

std::string_view http_title(unsigned status) {
  const auto phrase =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {phrase.data(), phrase.size()};
}

HttpAnswer http_error(unsigned status, std::string_view what) {
  const nlohmann::ordered_json body = {
      {"type", "about:blank"}, {"title", http_title(status)}, {"status", status}, {"detail", what}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          .type = "application/problem+json"};
}

HttpListener::Match HttpListener::match(std::string_view method, std::string_view path) const {
  const std::shared_lock lock(mutex);
  Match match;
  for (const auto& route : routes) {
    if (!fits(route->path, path)) continue;
    const bool reads = route->method == "GET";
    if (route->method == method || (reads && method == "HEAD")) match.route = route;
    match.allow += (match.allow.empty() ? "" : ", ") + route->method + (reads ? ", HEAD" : "");
  }
  return match;
}

struct HttpServer::Impl {
  explicit Impl(Options options)
      : listener(std::move(options)),
        loops(listener.options.threads),
        acceptor(first()),
        rest(first()) {}

  Result<void> listen();
  void accept();
  void take(tcp::socket socket);
  void serve(std::size_t loop);  // a thread of its own
  [[nodiscard]] std::string where() const {
    return listener.options.host + ":" + std::to_string(port);
  }

  HttpListener listener;
  /// A thread's own: a connection stays with one thread, so that no request changes threads.
  struct Loop {
    net::io_context context{1};
    net::executor_work_guard<net::io_context::executor_type> open{context.get_executor()};
    /// Never open: it has what waits for sockets made at once, while there are descriptors for it.
    tcp::socket reactor{context};
  };
  net::io_context& first() { return loops.front().context; }

  std::deque<Loop> loops;
  std::size_t taken = 0;  // connections so far
  net::ssl::context tls{net::ssl::context::tls_server};
  tcp::acceptor acceptor;
  net::steady_timer rest;
  std::chrono::steady_clock::time_point tell_at;  // of connections that could not be taken
  std::uint16_t port = listener.options.port;
  std::mutex mutex;
  std::condition_variable has_ended;
  std::size_t ended = 0;  // threads; guarded by the mutex
  std::vector<std::jthread> threads;
};

Result<void> HttpServer::Impl::listen() {
  const Options& options = listener.options;
  error_code failed;
  tcp::resolver resolver(first());
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, failed);
  if (failed) return tl::unexpected(error_at(where(), failed.message()));
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(net::socket_base::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(net::socket_base::max_listen_connections, failed);
  if (failed) return tl::unexpected(error_at(where(), failed.message()));
  port = acceptor.local_endpoint(failed).port();
  return {};
}

void HttpServer::Impl::accept() {
  net::io_context& context = loops[taken++ % loops.size()].context;
  acceptor.async_accept(context, [this](error_code failed, tcp::socket socket) {
    if (!failed) {
      take(std::move(socket));
    } else if (failed == net::error::operation_aborted) {
      return;
    } else {  // too many files are open, most likely: some of them will be closed
      if (const auto now = std::chrono::steady_clock::now(); now >= tell_at) {
        spdlog::warn("{}: a connection could not be taken: {}", where(), failed.message());
        tell_at = now + kTellAgain;
      }
      rest.expires_after(kRest);
      rest.async_wait([this](error_code stopped) {
        if (!stopped) accept();
      });
      return;
    }
    accept();
  });
}

void HttpServer::Impl::take(tcp::socket socket) {
  std::size_t count = 0;
  {
    const std::shared_lock lock(listener.mutex);
    count = listener.connections.size();
  }
  if (count >= listener.options.most_connections) {
    // One that is not read from cannot hold anything up; what does not fit the socket is lost.
    static constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
        "Content-Length: 0\r\n\r\n";
    error_code ignored;
    socket.non_blocking(true, ignored);
    if (listener.options.certificate.empty()) socket.write_some(net::buffer(kFull), ignored);
    return;
  }
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (listener.options.certificate.empty()) {
    serve_http(std::move(socket), listener);
  } else {
    serve_https(std::move(socket), tls, listener);
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<void> HttpServer::check_files(const Options& options) {
  net::ssl::context tls{net::ssl::context::tls_server};
  return set_up(tls, options);
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto done = set_up(impl->tls, impl->listener.options); !done)
    return tl::unexpected(done.error());
  if (auto done = impl->listen(); !done) return tl::unexpected(done.error());
  impl->accept();
  // Before its threads: where one cannot be made, it stops the others.
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(impl)));
  for (std::size_t i = 0; i < server->impl_->loops.size(); ++i) {
    server->impl_->threads.emplace_back([raw = server->impl_.get(), i] { raw->serve(i); });
  }
  return server;
}

void HttpServer::Impl::serve(std::size_t loop) {
  name_thread("http-" + std::to_string(loop));
  const PromptThreads prompt;
  loops[loop].context.run();
  {
    const std::lock_guard lock(mutex);
    ++ended;
  }
  has_ended.notify_all();
}

HttpServer::~HttpServer() {
  stop(std::chrono::milliseconds{0});
}

void HttpServer::add(HttpRoute route) {
  const std::unique_lock lock(impl_->listener.mutex);
  impl_->listener.routes.push_back(std::make_shared<const HttpRoute>(std::move(route)));
}

void HttpServer::stop(std::chrono::milliseconds patience) {
  if (impl_->threads.empty()) return;
  HttpListener& listener = impl_->listener;
  listener.stopping = true;
  net::post(impl_->first(), [this] {
    error_code ignored;
    impl_->acceptor.close(ignored);
    impl_->rest.cancel();
  });
  {
    const std::shared_lock lock(listener.mutex);
    for (HttpClosable* const connection : listener.connections) connection->close_when_idle();
  }
  // The threads end by themselves once there is nothing left to do.
  for (Impl::Loop& loop : impl_->loops) loop.open.reset();
  std::unique_lock lock(impl_->mutex);
  if (!impl_->has_ended.wait_for(lock, patience,
                                 [&] { return impl_->ended == impl_->threads.size(); })) {
    const std::shared_lock connections(listener.mutex);
    for (HttpClosable* const connection : listener.connections) connection->close();
  }
  lock.unlock();
  impl_->threads.clear();
}

std::string HttpServer::address() const {
  const Options& options = impl_->listener.options;
  const bool v6 = options.host.find(':') != std::string::npos;
  return std::string(options.certificate.empty() ? "http://" : "https://") +
         (v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(impl_->port);
}

}  // namespace vmtrail
