// SPDX-License-Identifier: Apache-2.0
// How long one question takes, from its sending to the end of its answer, and what a bare echo of
// the same libraries takes.
//
//   latency echo zmq|http BYTES              answers anything with so many bytes, for ever
//   latency ask zmq|http ADDRESS COUNT WHAT  asks one after the other: a JSON request or a path
//
// The one who asks prints how many bytes an answer has, and each round trip in nanoseconds.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <zmq.hpp>

#include "bench/program.h"
#include "io/prompt_threads.h"

namespace vmtrail::bench {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr int kThreads = 1;  // one thread serves a connection, as in the daemon
constexpr int kWarmUp = 200;

void told_address(const std::string& address) {
  std::printf("%s\n", address.c_str());
  std::fflush(stdout);
}

void echo_zmq(std::size_t bytes) {
  zmq::context_t context{1};
  zmq::socket_t socket(context, zmq::socket_type::rep);
  socket.bind("tcp://127.0.0.1:*");
  told_address(socket.get(zmq::sockopt::last_endpoint));
  const std::string answer(bytes, 'x');
  zmq::message_t message;
  for (;;) {
    if (!socket.recv(message)) return;
    socket.send(zmq::buffer(answer));
  }
}

/// Reads a request, answers it, reads the next; nothing else.
class Echo : public std::enable_shared_from_this<Echo> {
 public:
  Echo(tcp::socket socket, const std::string& answer)
      : stream_(std::move(socket)), answer_(answer) {}

  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code failed, std::size_t) {
                       if (!failed) self->write();
                     });
  }

 private:
  void write() {
    response_ = {};
    response_.set(http::field::content_type, "application/json");
    response_.body() = answer_;
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code failed, std::size_t) {
                        if (!failed) self->read();
                      });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  const std::string& answer_;
};

void accept(tcp::acceptor& acceptor, net::io_context& context, const std::string& answer) {
  acceptor.async_accept(net::make_strand(context),
                        [&](beast::error_code failed, tcp::socket socket) {
                          if (failed) return;
                          socket.set_option(tcp::no_delay(true));
                          std::make_shared<Echo>(std::move(socket), answer)->read();
                          accept(acceptor, context, answer);
                        });
}

void echo_http(std::size_t bytes) {
  net::io_context context;
  tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
  told_address("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
  const std::string answer(bytes, 'x');
  accept(acceptor, context, answer);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&context] { context.run(); });
}

/// One round trip; the answer's size.
template <class Ask>
void measure(int count, Ask ask) {
  std::vector<std::chrono::nanoseconds> took;
  std::size_t bytes = 0;
  for (int i = 0; i < kWarmUp + count; ++i) {
    const auto begun = Clock::now();
    bytes = ask();
    if (i >= kWarmUp) took.emplace_back(Clock::now() - begun);
  }
  std::printf("%zu\n", bytes);
  for (const auto& one : took) std::printf("%lld\n", static_cast<long long>(one.count()));
}

void ask_zmq(const std::string& address, int count, const std::string& what) {
  zmq::context_t context{1};
  zmq::socket_t socket(context, zmq::socket_type::req);
  socket.connect("tcp" + address.substr(address.find("://")));
  zmq::message_t answer;
  measure(count, [&] {
    socket.send(zmq::buffer(what));
    if (!socket.recv(answer)) throw std::runtime_error("no answer");
    return answer.size();
  });
}

void ask_http(const std::string& address, int count, const std::string& what) {
  net::io_context context;
  beast::tcp_stream stream(context);
  const auto port = std::stoi(address.substr(address.rfind(':') + 1));
  stream.connect(tcp::endpoint(net::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)));
  stream.socket().set_option(tcp::no_delay(true));
  http::request<http::empty_body> request(http::verb::get, what, 11);
  request.set(http::field::host, "127.0.0.1");
  beast::flat_buffer buffer;
  measure(count, [&] {
    http::write(stream, request);
    http::response<http::string_body> response;
    http::read(stream, buffer, response);
    if (response.result() != http::status::ok) throw std::runtime_error(response.body());
    return response.body().size();
  });
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "echo") {
    const std::size_t bytes = std::stoul(words[2]);
    words[1] == "zmq" ? echo_zmq(bytes) : echo_http(bytes);
    return 0;
  }
  if (words.size() == 5 && words[0] == "ask") {
    const int count = std::stoi(words[3]);
    const PromptThreads prompt;  // it stands for a client on another machine
    words[1] == "zmq" ? ask_zmq(words[2], count, words[4]) : ask_http(words[2], count, words[4]);
    return 0;
  }
  std::fprintf(stderr, "latency echo zmq|http BYTES\nlatency ask zmq|http ADDRESS COUNT WHAT\n");
  return 2;
}

}  // namespace
}  // namespace vmtrail::bench

int main(int argc, char** argv) {
  return vmtrail::bench::run_program("latency", vmtrail::bench::run, argc, argv);
}
