// SPDX-License-Identifier: Apache-2.0

#include "io/zap.h"

#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>
#include <zmq_addon.hpp>

#include "io/thread_name.h"

namespace vmtrail {

namespace {

constexpr char kEnd[] = "inproc://vmtrail.zap.end";

// The frames of a request: version, id, domain, address, identity, mechanism, credentials.
enum Part : std::size_t { version, id, domain, address, identity, mechanism, credentials };

}  // namespace

Authenticator::Authenticator(zmq::context_t& context, CurveKeys keys)
    : keys_(std::move(keys)),
      requests_(context, zmq::socket_type::rep),
      end_(context, zmq::socket_type::pair),
      end_told_(context, zmq::socket_type::pair) {
  requests_.bind("inproc://zeromq.zap.01");
  end_.bind(kEnd);
  end_told_.connect(kEnd);
  thread_ = std::thread([this] { run(); });
}

Authenticator::~Authenticator() {
  end_.send(zmq::message_t(), zmq::send_flags::dontwait);
  thread_.join();
}

void Authenticator::run() {
  name_thread("zmq-zap");
  std::array<zmq::pollitem_t, 2> items = {
      {{requests_.handle(), 0, ZMQ_POLLIN, 0}, {end_told_.handle(), 0, ZMQ_POLLIN, 0}}};
  for (;;) {
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds{-1});
    if ((items[1].revents & ZMQ_POLLIN) != 0) return;
    answer();
  }
}

// Once for each address, and not for more than a log can bear.
void Authenticator::tell(const std::string& client) {
  constexpr std::size_t kMostTold = 100;
  if (turned_away_.size() >= kMostTold || !turned_away_.insert(client).second) return;
  spdlog::warn("a client at {} was turned away: its key is not in {}/clients", client,
               keys_.directory);
}

void Authenticator::answer() {
  std::vector<zmq::message_t> request;
  if (!zmq::recv_multipart(requests_, std::back_inserter(request))) return;
  const bool sound = request.size() == credentials + 1 &&
                     request[version].to_string_view() == "1.0" &&
                     request[mechanism].to_string_view() == "CURVE";
  const bool admitted = sound && keys_.admits(request[credentials].to_string_view());
  if (!admitted) tell(request.size() > address ? request[address].to_string() : "?");
  const std::array<zmq::const_buffer, 6> reply = {
      zmq::buffer(std::string_view("1.0")),
      request.size() > id ? zmq::buffer(request[id].data(), request[id].size())
                          : zmq::const_buffer(),
      zmq::buffer(std::string_view(admitted ? "200" : "400")),
      zmq::buffer(std::string_view(admitted ? "OK" : "unknown key")),
      zmq::const_buffer(),
      zmq::const_buffer()};
  zmq::send_multipart(requests_, reply);
}

}  // namespace vmtrail
