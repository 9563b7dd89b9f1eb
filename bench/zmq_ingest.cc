// SPDX-License-Identifier: Apache-2.0
// One end of the comparison over ZeroMQ: sends messages, or takes them, bare or as vmtrail does.
//
//   zmq_ingest send FILE ADDRESS FRAME [KEYS]     pushes each line of FILE, FRAME of them a list
//   zmq_ingest bare EVENTS FRAME [KEYS]           a loop of cppzmq's recv(), and nothing else
//   zmq_ingest vmtrail EVENTS STATE|- [KEYS]      source, decoder, model, records; a store in STATE
//
// A receiver prints the address that it is bound to, and at the end how many seconds passed from
// the first message to the last, and how much CPU time it took.

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include "io/keeper.h"
#include "io/sources.h"
#include "io/zmq_peer.h"

namespace vmtrail::bench {
namespace {

using Clock = std::chrono::steady_clock;

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

std::string with_keys(std::string url, const std::string& keys) {
  return keys.empty() ? url
                      : url + (url.find('?') == std::string::npos ? "?" : "&") + "curve=" + keys;
}

void told_address(const std::string& address) {
  std::printf("%s\n", address.c_str());
  std::fflush(stdout);
}

void tell(Clock::time_point begun) {
  const std::chrono::duration<double> took = Clock::now() - begun;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  std::printf("%.6f %.6f\n", took.count(), seconds(used.ru_utime) + seconds(used.ru_stime));
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

void receive(std::size_t events, const std::string& state, const std::string& keys) {
  Intake intake;
  RecentRecords records;
  std::mutex mutex;
  std::condition_variable all_came;
  std::uint64_t came = 0;
  Clock::time_point begun;
  Keeper::Options options;
  options.committed = [&](std::chrono::nanoseconds took, std::uint64_t count) {
    const std::lock_guard lock(mutex);
    if (came == 0 && count > 0) begun = Clock::now() - took;
    came += count;
    if (came >= events) all_came.notify_one();
  };
  std::optional<Store> store;
  if (state != "-") store = take(Store::open(state, Store::Access::create));
  const auto keeper = take(Keeper::open(std::move(options), {RuleSet::shipped_text()},
                                        std::move(store), intake, records));
  std::jthread thread([&] { static_cast<void>(keeper->run()); });
  const auto source =
      take(open_source(*parse_url(with_keys("zmq+pull://127.0.0.1:0", keys)), {.intake = intake}));
  told_address("zmq+push" + source->address().substr(8));
  {
    std::unique_lock lock(mutex);
    all_came.wait(lock, [&] { return came >= events; });
  }
  tell(begun);
  source->stop();
  intake.close();
  thread.join();
  if (keeper->counts().applied == 0) throw std::runtime_error("no event was applied");
}

int run(const std::vector<std::string>& words) {
  const auto word = [&](std::size_t at) { return at < words.size() ? words[at] : std::string(); };
  if (word(0) == "send" && words.size() >= 4) {
    send(word(1), word(2), std::stoul(word(3)), word(4));
  } else if (word(0) == "bare" && words.size() >= 3) {
    receive_bare(std::stoul(word(1)), std::stoul(word(2)), word(3));
  } else if (word(0) == "vmtrail" && words.size() >= 3) {
    receive(std::stoul(word(1)), word(2), word(3));
  } else {
    std::fputs("usage: see the head of bench/zmq_ingest.cc\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace vmtrail::bench

int main(int argc, char** argv) {
  try {
    return vmtrail::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zmq_ingest: %s\n", error.what());
    return 1;
  }
}
