// SPDX-License-Identifier: Apache-2.0
// One end of the comparison over ZeroMQ: sends messages, or takes them, bare or as vmtrail does.
//
//   zmq_ingest send FILE ADDRESS FRAME [KEYS]     pushes each line of FILE, FRAME of them a list
//   zmq_ingest bare EVENTS FRAME [KEYS]           a loop of cppzmq's recv(), and nothing else
//   zmq_ingest vmtrail EVENTS STATE|- [KEYS]      source, decoder, model, records; a store in STATE
//
// A receiver prints the address that it is bound to, and at the end how many seconds passed from
// the first message to the last, and how much CPU time it took.

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "bench/ingest.h"
#include "bench/program.h"
#include "io/zmq_peer.h"

namespace vmtrail::bench {
namespace {

std::string with_keys(std::string url, const std::string& keys) {
  return keys.empty() ? url
                      : url + (url.find('?') == std::string::npos ? "?" : "&") + "curve=" + keys;
}

void told_address(const std::string& address) {
  std::printf("%s\n", address.c_str());
  std::fflush(stdout);
}

void send(const std::string& file, const std::string& address, std::size_t per_frame,
          const std::string& keys) {
  std::vector<std::string> frames;
  std::ifstream input(file);
  std::size_t count = 0;
  for (std::string line; std::getline(input, line);) {
    if (per_frame == 1) {
      frames.push_back(line);
      continue;
    }
    if (count++ % per_frame == 0) frames.emplace_back("[");
    frames.back() += (frames.back().size() > 1 ? "," : "") + line;
  }
  if (per_frame > 1) {
    for (std::string& frame : frames) frame += "]";
  }
  const auto peer = take(ZmqPeer::open(*parse_url(with_keys(address, keys)),
                                       {.type = zmq::socket_type::push, .binds = false}));
  peer->socket.set(zmq::sockopt::linger, -1);
  for (const std::string& frame : frames) peer->socket.send(zmq::buffer(frame));
  peer->socket.close();
  peer->context.close();
}

void receive_bare(std::size_t events, std::size_t per_frame, const std::string& keys) {
  const auto peer = take(ZmqPeer::open(*parse_url(with_keys("zmq+push://127.0.0.1:0", keys)),
                                       {.type = zmq::socket_type::pull}));
  told_address(peer->address);
  const std::size_t frames = (events + per_frame - 1) / per_frame;
  Clock::time_point begun;
  zmq::message_t message;
  for (std::size_t i = 0; i < frames; ++i) {
    if (!peer->socket.recv(message)) throw std::runtime_error("nothing came");
    if (i == 0) begun = Clock::now();
  }
  tell(begun);
}

int run(const std::vector<std::string>& words) {
  const auto word = [&](std::size_t at) { return at < words.size() ? words[at] : std::string(); };
  if (word(0) == "send" && words.size() >= 4) {
    send(word(1), word(2), std::stoul(word(3)), word(4));
  } else if (word(0) == "bare" && words.size() >= 3) {
    receive_bare(std::stoul(word(1)), std::stoul(word(2)), word(3));
  } else if (word(0) == "vmtrail" && words.size() >= 3) {
    receive(std::stoul(word(1)), word(2), with_keys("zmq+pull://127.0.0.1:0", word(3)),
            [](const Source& source) { told_address("zmq+push" + source.address().substr(8)); });
  } else {
    std::fputs("usage: see the head of bench/zmq_ingest.cc\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace vmtrail::bench

int main(int argc, char** argv) {
  return vmtrail::bench::run_program("zmq_ingest", vmtrail::bench::run, argc, argv);
}
