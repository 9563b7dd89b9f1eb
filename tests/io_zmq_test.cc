// SPDX-License-Identifier: Apache-2.0
// ZeroMQ: what is taken, who is let in, what waits when nothing more fits, what is sent.

#include <catch2/catch.hpp>
#include <filesystem>
#include <zmq.hpp>

#include "io/curve_keys.h"
#include "io/sinks.h"
#include "io/sources.h"
#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::lines_of;
using testing::Live;
using testing::Scratch;

std::unique_ptr<Source> opened(const std::string& url, Intake& intake) {
  auto source = open_source(*parse_url(url), {.intake = intake});
  if (!source) throw std::runtime_error(source.error().message());
  return std::move(*source);
}

std::string endpoint(const std::string& address) {
  return "tcp" + address.substr(address.find("://"));
}

/// A socket of the test, connected.
struct Peer {
  Peer(zmq::socket_type type, const std::string& address) : socket(context, type) {
    connect(address);
  }
  explicit Peer(zmq::socket_type type) : socket(context, type) {}
  void connect(const std::string& address) { socket.connect(endpoint(address)); }
  void send(std::initializer_list<std::string_view> frames) {
    for (const std::string_view& frame : frames) {
      const bool last = &frame == frames.end() - 1;
      socket.send(zmq::buffer(frame), last ? zmq::send_flags::none : zmq::send_flags::sndmore);
    }
  }
  std::vector<std::string> receive() {
    socket.set(zmq::sockopt::rcvtimeo, 60'000);
    std::vector<std::string> frames;
    zmq::message_t frame;
    do {
      if (!socket.recv(frame)) throw std::runtime_error("nothing came");
      frames.push_back(frame.to_string());
    } while (frame.more());
    return frames;
  }

  zmq::context_t context{1};
  zmq::socket_t socket;
};

/// Waits for an event of a socket's connection.
class Watched : public zmq::monitor_t {
 public:
  Watched(zmq::socket_t& socket, int wanted) { init(socket, "inproc://watched", wanted); }
  void await() {
    while (!seen_) {
      if (!check_event(60'000)) throw std::runtime_error("no such event");
    }
  }

 private:
  void on_event_disconnected(const zmq_event_t&, const char*) override { seen_ = true; }
  void on_event_handshake_failed_auth(const zmq_event_t&, const char*) override { seen_ = true; }
  bool seen_ = false;
};

std::string event(const std::string& id, const std::string& name = "vm") {
  return R"({"message_id":")" + id +
         R"(","event_type":"compute.instance.power_on.end","generated":"2026-11-22T12:00:00",)"
         R"("traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-1bd31159f9e4"],)"
         R"(["display_name",1,")" +
         name + R"("]],"raw":{}})";
}

TEST_CASE("Captures pushed over ZeroMQ end as Nova's database, from several sockets at once") {
  const char* const forms[] = {"nova.bodies.jsonl", "default/http.bodies.jsonl",
                               "default/notifier.bodies.jsonl"};
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    Live live;
    std::uint64_t events = 0;
    for (const char* form : forms) {
      const Source& source =
          live.open("zmq+pull://127.0.0.1:0?hwm=" + std::to_string(100 + live.sources.size()));
      Peer peer(zmq::socket_type::push, source.address());
      for (const std::string& line : lines_of(testing::file_of(scenario, form))) peer.send({line});
      testing::KeptEvents kept;
      testing::read(testing::file_of(scenario, form), kept);
      events += kept.events.size();
      // One form after the other: they are one story, told three times.
      live.await_events(events);
    }
    REQUIRE(live.finish());
    CHECK(testing::differences_from_nova(live.keeper->model(), scenario) == "");
    CHECK(live.keeper->counts().total_quarantined() == 0);
    CHECK(live.keeper->counts().events == events);
    CHECK(live.keeper->sources().size() == 3);
  }
}

TEST_CASE("A message has any number of frames: the first of several may be a topic") {
  Live live;
  const Source& source = live.open("zmq+pull://localhost:0");
  Peer peer(zmq::socket_type::push, source.address());
  peer.send({event("1")});
  peer.send({"compute.instance", event("2")});
  peer.send({"topic", event("3"), event("4"), event("5")});
  peer.send({event("6"), event("7")});
  peer.send({"[" + event("8") + ", " + event("9") + "]", "", event("10") + "\n" + event("11")});
  peer.send({"no event"});
  peer.send({event("12")});
  const Counts all = live.await_events(13);
  CHECK(all.applied == 12);
  CHECK(all.quarantined[static_cast<std::size_t>(ErrorCode::invalid_json)] == 1);
}

TEST_CASE("A subscriber connects to a publisher, and gets the topic that it wants") {
  zmq::context_t context{1};
  zmq::socket_t publisher(context, zmq::socket_type::xpub);
  publisher.bind("tcp://127.0.0.1:*");
  const std::string bound = publisher.get(zmq::sockopt::last_endpoint);
  Live live;
  const Source& source = live.open("zmq+sub" + bound.substr(bound.find("://")) + "?topic=compute");
  CHECK(source.address().empty());
  zmq::message_t subscription;
  REQUIRE(publisher.recv(subscription));  // it is there now
  CHECK(subscription.to_string() == "\1compute");
  for (const char* topic : {"network", "compute.instance", "compute"}) {
    publisher.send(zmq::str_buffer("x"), zmq::send_flags::sndmore);
    publisher.send(zmq::buffer(event("lost")), zmq::send_flags::none);
    publisher.send(zmq::buffer(std::string_view(topic)), zmq::send_flags::sndmore);
    publisher.send(zmq::buffer(event(topic)), zmq::send_flags::none);
  }
  CHECK(live.await_events(2).events == 2);
}

/// Pushes a message until nobody takes any more.
class Flood {
 public:
  Flood(const std::string& address, const std::string& message, int most) {
    push_.set(zmq::sockopt::linger, 0);
    push_.set(zmq::sockopt::sndhwm, 1);
    push_.set(zmq::sockopt::sndbuf, 100'000);
    push_.connect(endpoint(address));
    push_.send(zmq::buffer(message));
    zmq::pollitem_t item{push_.handle(), 0, ZMQ_POLLOUT, 0};
    for (; zmq::poll(&item, 1, std::chrono::milliseconds{200}) > 0; ++sent) {
      REQUIRE(sent < most);
      push_.send(zmq::buffer(message));
    }
  }
  int sent = 1;

 private:
  zmq::context_t context_{1};
  zmq::socket_t push_{context_, zmq::socket_type::push};
};

TEST_CASE("When the intake is full the pushing side waits, and nothing is lost") {
  Intake small({.bytes = 1000});
  const auto source = opened("zmq+pull://127.0.0.1:0?hwm=1", small);
  const Flood flood(source->address(), event("x") + std::string(1'000'000, ' '), 100);
  int taken_out = 0;
  Intake::Taken taken;
  while (taken_out < flood.sent) {
    small.take(taken, true, Intake::Clock::now() + testing::kPatience);
    REQUIRE_FALSE(taken.deliveries.empty());
    for (Delivery& delivery : taken.deliveries) {
      delivery.for_each_frame(
          [&](const Frame& frame) { taken_out += frame.bytes.empty() ? 0 : 1; });
    }
  }
  CHECK(taken_out == flood.sent);
}

TEST_CASE("What waits of large messages is megabytes, not so many messages") {
  constexpr int kTakenIn = 200;
  const std::string large = event("x") + std::string(100'000, ' ');
  Intake full_soon({.bytes = kTakenIn * large.size()});
  const auto source = opened("zmq+pull://127.0.0.1:0", full_soon);
  const Flood flood(source->address(), large, kTakenIn + 1000);
  CHECK(flood.sent > kTakenIn);
  CHECK(flood.sent < kTakenIn + 500);  // the better part of them TCP's
  full_soon.close();                   // not to wait for what will not be taken
}

TEST_CASE("A message beyond the limit costs its sender the connection, and nobody else anything") {
  Live live;
  const Source& source = live.open("zmq+pull://127.0.0.1:0");
  Peer flood(zmq::socket_type::push);
  Watched watched(flood.socket, ZMQ_EVENT_DISCONNECTED);
  flood.connect(source.address());
  flood.send({std::string(Splitter::kMaxFrame + 1, 'x')});
  watched.await();
  Peer peer(zmq::socket_type::push, source.address());
  peer.send({event("1")});
  CHECK(live.await_events(1).applied == 1);
}

TEST_CASE("With CURVE only clients whose keys are known get in, from the moment they are") {
  const Scratch scratch;
  const auto server = CurveKeys::make(scratch.path("server"));
  REQUIRE(server);
  const auto client = CurveKeys::make(scratch.path("client"));
  REQUIRE(client);
  Live live;
  const Source& source = live.open("zmq+pull://127.0.0.1:0?curve=" + scratch.path("server"));
  const auto secured = [&](Peer& peer) {
    peer.socket.set(zmq::sockopt::curve_publickey, client->public_key);
    peer.socket.set(zmq::sockopt::curve_secretkey, client->secret_key);
    peer.socket.set(zmq::sockopt::curve_serverkey, server->public_key);
  };
  {
    Peer unknown(zmq::socket_type::push);
    secured(unknown);
    Watched watched(unknown.socket, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    unknown.connect(source.address());
    watched.await();
  }
  std::filesystem::copy_file(scratch.path("client") + "/public.key",
                             scratch.path("server") + "/clients/client.key");
  Peer known(zmq::socket_type::push);
  secured(known);
  known.connect(source.address());
  known.send({event("1")});
  CHECK(live.await_events(1).events == 1);
  // Both ends vmtrail's own.
  std::filesystem::copy_file(scratch.path("server") + "/public.key",
                             scratch.path("client") + "/server.key");
  auto sink = open_sink(
      *parse_url("zmq+push" + source.address().substr(8) + "?curve=" + scratch.path("client")));
  REQUIRE(sink);
  const std::string text = event("2");
  const OutgoingRecord record{Sequence{1}, "instance.moved", text};
  REQUIRE((*sink)->send(std::span(&record, 1), {}));
  CHECK(live.await_events(2).applied == 2);
}

TEST_CASE("Keys that others can read, are missing or are none are refused: none is overwritten") {
  const Scratch scratch;
  const std::string dir = scratch.path("keys");
  REQUIRE(CurveKeys::make(dir));
  const auto again = CurveKeys::make(dir);
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error().detail, Catch::Contains("File exists"));
  std::filesystem::permissions(dir + "/secret.key", std::filesystem::perms(0644));
  CHECK_THAT(CurveKeys::read(dir).error().detail, Catch::Contains("others can read"));
  std::filesystem::permissions(dir + "/secret.key", std::filesystem::perms(0600));
  REQUIRE(CurveKeys::make(scratch.path("others")));
  std::filesystem::rename(scratch.path("others") + "/public.key", dir + "/public.key");
  CHECK_THAT(CurveKeys::read(dir).error().detail, Catch::Contains("not the key to this secret"));
  std::ofstream(dir + "/public.key") << "short";
  CHECK_THAT(CurveKeys::read(dir).error().detail, Catch::Contains("no key of 40"));
  std::filesystem::remove(dir + "/public.key");
  CHECK_THAT(CurveKeys::read(dir).error().detail, Catch::Contains("No such file"));
}

TEST_CASE("Addresses that are open to all, in use or nonsense are refused") {
  Intake intake;
  const auto error = [&](const std::string& url) {
    auto source = open_source(*parse_url(url), {.intake = intake});
    return source ? "" : source.error().detail;
  };
  const auto source = opened("zmq+pull://127.0.0.1:0", intake);
  CHECK_THAT(error(source->address()), Catch::Contains("in use"));
  CHECK_THAT(error("zmq+pull://0.0.0.0:0"), Catch::Contains("would let in anyone"));
  CHECK_THAT(error("zmq+pull://127.0.0.1"), Catch::Contains("a port are wanted"));
  CHECK_THAT(error("zmq+sub://127.0.0.1:0"), Catch::Contains("port 0 can only be bound"));
  CHECK_THAT(error("zmq+pull://127.0.0.1:0?hwm=0"), Catch::Contains("hwm is 1"));
  CHECK_THAT(error("zmq+pull://127.0.0.1:0?curve=/nowhere"), Catch::Contains("No such file"));
  CHECK_THAT(error("zmq+pul://127.0.0.1:0"), Catch::Contains("did you mean 'zmq+pull:'"));
  CHECK_THAT(error("zmq+pull://127.0.0.1:0?topic=x"), Catch::Contains("unknown option 'topic'"));
  CHECK_THAT(error("zmq+pull://127.0.0.1:0?format=xml"), Catch::Contains("unknown format"));
}

TEST_CASE("A publisher's subscribers get type, sequence and record of what they want") {
  auto sink = open_sink(*parse_url("zmq+pub://127.0.0.1:0"));
  REQUIRE(sink);
  // Behind a subscription stands whatever was subscribed to before it.
  Peer subscriber(zmq::socket_type::sub);
  subscriber.socket.set(zmq::sockopt::subscribe, "migration.");
  Watched watched(subscriber.socket, ZMQ_EVENT_DISCONNECTED);
  subscriber.connect((*sink)->address());
  const OutgoingRecord records[] = {{Sequence{1}, "instance.moved", "{\"id\":\"1\"}"},
                                    {Sequence{2}, "migration.completed", "{\"id\":\"2\"}"}};
  // Nobody can tell when a subscription has arrived, but by what it brings.
  zmq::pollitem_t item{subscriber.socket.handle(), 0, ZMQ_POLLIN, 0};
  std::uint64_t sequence = 0;
  do {
    for (OutgoingRecord record : records) {
      record.sequence = Sequence{++sequence};
      REQUIRE((*sink)->send(std::span(&record, 1), {}));
    }
  } while (zmq::poll(&item, 1, std::chrono::milliseconds{10}) == 0 && sequence < 10'000);
  const auto frames = subscriber.receive();
  REQUIRE(frames.size() == 3);
  CHECK(frames[0] == "migration.completed");
  CHECK(std::stoull(frames[1]) % 2 == 0);
  CHECK(frames[2] == "{\"id\":\"2\"}");
}

TEST_CASE("A pushing sink waits for somebody who pulls, and then repeats nothing") {
  auto sink = open_sink(*parse_url("zmq+push://127.0.0.1:0?bind&hwm=1"));
  REQUIRE(sink);
  const OutgoingRecord records[] = {{Sequence{1}, "instance.moved", "{\"id\":\"1\"}"},
                                    {Sequence{2}, "instance.moved", "{\"id\":\"2\"}"}};
  std::stop_source stop;
  stop.request_stop();
  const auto alone = (*sink)->send(records, stop.get_token());
  REQUIRE_FALSE(alone);
  CHECK_THAT(alone.error().detail, Catch::Contains("nobody takes records"));
  Peer pull(zmq::socket_type::pull, (*sink)->address());
  while (!(*sink)->send(records, {})) {
  }
  CHECK(pull.receive() == std::vector<std::string>{"instance.moved", "1", "{\"id\":\"1\"}"});
  CHECK(pull.receive() == std::vector<std::string>{"instance.moved", "2", "{\"id\":\"2\"}"});
  REQUIRE((*sink)->send(records, {}));  // as after a failure: it has them all
  const OutgoingRecord third{Sequence{3}, "instance.moved", "{}"};
  REQUIRE((*sink)->send(std::span(&third, 1), {}));
  CHECK(pull.receive()[1] == "3");
}

TEST_CASE("A pushing sink that connects has sent nothing as long as nobody is there") {
  std::string address;
  {
    Peer free(zmq::socket_type::pull);
    free.socket.bind("tcp://127.0.0.1:*");
    address = free.socket.get(zmq::sockopt::last_endpoint);
  }
  auto sink = open_sink(*parse_url("zmq+push" + address.substr(3)));
  REQUIRE(sink);
  const OutgoingRecord first{Sequence{1}, "instance.moved", "{}"};
  const OutgoingRecord second{Sequence{2}, "instance.moved", "{}"};
  std::stop_source stop;
  stop.request_stop();
  const auto alone = (*sink)->send(std::span(&first, 1), stop.get_token());
  REQUIRE_FALSE(alone);
  CHECK_THAT(alone.error().detail, Catch::Contains("nobody takes records"));
  Peer pull(zmq::socket_type::pull);
  pull.socket.bind(address);
  while (!(*sink)->send(std::span(&first, 1), {})) {
  }
  CHECK(pull.receive()[1] == "1");
  REQUIRE((*sink)->send(std::span(&second, 1), {}));
  CHECK(pull.receive()[1] == "2");
}

}  // namespace
}  // namespace vmtrail
