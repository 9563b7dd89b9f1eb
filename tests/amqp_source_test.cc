// SPDX-License-Identifier: Apache-2.0
// The AMQP source and sink against a real RabbitMQ.

#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "io/sinks.h"
#include "io/sources.h"
#include "tests/amqp_broker.h"
#include "tests/compressed.h"
#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::Broker;
using testing::lines_of;
using testing::Live;
using testing::Neighbour;
using testing::Scratch;
using testing::Shortage;

std::unique_ptr<Source> opened(const std::string& text, Intake& intake) {
  const auto url = parse_url(text);
  if (!url) throw std::runtime_error(url.error().detail);
  auto source = open_source(*url, {.intake = intake});
  if (!source) throw std::runtime_error(source.error().detail);
  return std::move(*source);
}

/// What the program logs, while it is there.
class Log {
 public:
  Log() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<Stream>(*this)));
  }
  ~Log() { spdlog::set_default_logger(before_); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Waits for a line that contains `text`.
  std::string await(const std::string& text) {
    std::unique_lock lock(mutex_);
    std::string found;
    const bool came = changed_.wait_for(lock, testing::kPatience, [&] {
      for (const std::string& line : lines_) {
        if (line.find(text) != std::string::npos) found = line;
      }
      return !found.empty();
    });
    if (!came)
      throw std::runtime_error("not logged: " + text +
                               (lines_.empty() ? "" : "; last: " + lines_.back()));
    return found;
  }

 private:
  class Stream : public spdlog::sinks::base_sink<std::mutex> {
   public:
    explicit Stream(Log& log) : log_(log) {}

   private:
    void sink_it_(const spdlog::details::log_msg& message) override {
      const std::lock_guard lock(log_.mutex_);
      log_.lines_.emplace_back(message.payload.data(), message.payload.size());
      log_.changed_.notify_all();
    }
    void flush_() override {}
    Log& log_;
  };

  std::shared_ptr<spdlog::logger> before_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// However a test ends: first the source, then the keeper.
struct Ending {
  Source& source;
  Live& live;
  ~Ending() {
    source.stop();
    live.finish();
  }
};

struct Published {
  std::string exchange;
  std::string key;
  std::string body;
};

std::vector<Published> published(const std::string& scenario, const std::string& file) {
  std::vector<Published> all;
  for (const std::string& line : lines_of(testing::file_of(scenario, file))) {
    const auto message = nlohmann::json::parse(line);
    all.push_back({message["exchange"], message["routing_key"], message["body"]});
  }
  return all;
}

void play(Neighbour& neighbour, const std::vector<Published>& messages) {
  for (const Published& message : messages) {
    neighbour.publish(message.exchange, message.key, message.body);
  }
}

std::string compressed(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
           text.size());
  out.resize(size);
  return out;
}

TEST_CASE("What Nova and Ceilometer published, published again, ends as Nova's database") {
  const Broker broker;
  Neighbour neighbour(broker);
  neighbour.make_exchange("nova");
  neighbour.make_exchange("ceilometer");
  for (const char* const file : {"nova.amqp.jsonl", "default/notifier.amqp.jsonl"}) {
    for (const std::string& scenario : testing::scenarios()) {
      INFO(scenario << " " << file);
      const auto messages = published(scenario, file);
      const Scratch scratch;
      Live live({}, scratch.path());
      Log log;
      const auto source = opened(broker.url("queue=test.captures&queue_type=" +
                                            std::string(file[0] == 'n' ? "classic" : "quorum") +
                                            (file[0] == 'n' ? "" : "&prefetch=7")),
                                 live.intake);
      const Ending ending{*source, live};
      log.await("consuming");
      play(neighbour, messages);
      live.await_events(messages.size());
      source->stop();
      REQUIRE(live.finish());
      CHECK(testing::differences_from_nova(live.keeper->model(), scenario) == "");
      CHECK(live.keeper->counts().total_quarantined() == 0);
    }
    neighbour.remove_queue("test.captures");
  }
}

TEST_CASE("Zenoss' own bus can be bound, and kombu's compression is undone") {
  const Broker broker;
  Neighbour neighbour(broker);
  neighbour.make_exchange("zenoss.openstack.ceilometer");
  const Scratch scratch;
  Live live({}, scratch.path());
  Log log;
  const auto source = opened(
      broker.url(
          "queue=test.zenoss&bind=zenoss.openstack.ceilometer:zenoss.openstack.cloud.event.#"),
      live.intake);
  const Ending ending{*source, live};
  log.await("consuming");
  const auto bodies = lines_of(testing::file_of("boot", "zenoss/http.bodies.jsonl"));
  std::uint64_t events = 0;
  for (const std::string& body : bodies) {
    for (const auto& event : nlohmann::json::parse(body)) {
      const nlohmann::json message = {{"device", "cloud"}, {"type", "event"}, {"data", event}};
      const std::string key =
          "zenoss.openstack.cloud.event." + event["event_type"].get<std::string>();
      const bool whole = ++events % 2 == 0;
      neighbour.publish("zenoss.openstack.ceilometer", key,
                        whole ? message.dump() : compressed(message.dump()),
                        whole ? "" : "application/x-gzip");
      neighbour.publish("zenoss.openstack.ceilometer", "zenoss.openstack.cloud.meter.x", "{}");
    }
  }
  // Claims to be compressed, and is not; becomes too large.
  neighbour.publish("zenoss.openstack.ceilometer", "zenoss.openstack.cloud.event.x", "{",
                    "application/x-gzip");
  neighbour.publish("zenoss.openstack.ceilometer", "zenoss.openstack.cloud.event.x",
                    compressed("[" + std::string(20 << 20, '1')), "application/x-gzip");
  // No line of a log, but a message: not to be lost. One compressed as others do it.
  neighbour.publish("zenoss.openstack.ceilometer", "zenoss.openstack.cloud.event.x", "hello");
  neighbour.publish(
      "zenoss.openstack.ceilometer", "zenoss.openstack.cloud.event.x",
      testing::gzip(R"({"device":"d","type":"event","data":{"event_type":"a.b","message_id":"m",)"
                    R"("generated":"2026-11-22T12:00:00","traits":[]}})"),
      {}, "gzip");
  const Counts counts = live.await_events(events + 4);
  CHECK(counts.total_quarantined() == 3);
  CHECK(counts.skipped_lines == 0);
  source->stop();
  REQUIRE(live.finish());
  CHECK(testing::differences_from_nova(live.keeper->model(), "boot") == "");
  neighbour.remove_queue("test.zenoss");
}

TEST_CASE("Nobody's messages are taken away") {
  const Broker broker;
  Neighbour neighbour(broker);
  neighbour.make_exchange("nova");
  neighbour.make_queue("notifications.info", "nova", "notifications.info", false);
  const auto messages = published("boot", "nova.amqp.jsonl");
  Live live;
  Log log;
  const auto source = opened(broker.url("queue=test.own&bind=nova:notifications.*"), live.intake);
  const Ending ending{*source, live};
  log.await("consuming");
  play(neighbour, messages);
  live.await_events(messages.size());
  source->stop();
  live.finish();
  const auto info = std::count_if(messages.begin(), messages.end(), [](const Published& message) {
    return message.key == "notifications.info";
  });
  CHECK(neighbour.waiting("notifications.info") == static_cast<std::uint32_t>(info));
  neighbour.remove_queue("test.own");
  neighbour.remove_queue("notifications.info");
}

TEST_CASE("What the broker refuses is explained in one line, without secrets") {
  const Broker broker;
  Neighbour neighbour(broker);
  neighbour.make_exchange("nova");
  neighbour.make_queue("test.transient", {}, {}, false);
  const Scratch scratch;
  std::ofstream(scratch.path("wrong")) << "s3cret-but-wrong\n";
  struct Case {
    std::string url;
    std::string logged;
    std::string says;
  };
  const Case cases[] = {
      {broker.url("queue=test.transient"), "406", "it is there with other properties"},
      {broker.url("queue=not-his", "limited"), "403", "rabbitmqctl set_permissions"},
      {broker.url("queue=own&bind=nova:x", "limited"), "403", "rabbitmqctl set_permissions"},
      {"amqp://vmtrail@" + broker.amqp + "/nowhere?password_file=" + broker.directory + "/password",
       "logging in", "vhost"},
      {"amqp://vmtrail@" + broker.amqp + "/?password_file=" + scratch.path("wrong"), "403",
       "is the password right"},
      {"amqp://vmtrail@127.0.0.1:1/?password_file=" + broker.directory + "/password", "connecting",
       "tried again"},
      {"amqps://vmtrail@" + broker.amqps + "/?password_file=" + broker.directory +
           "/password&cacert=" + scratch.path("wrong"),
       "reading", "wrong"},
      {broker.url("queue=test.early&bind=test.later:a"), "there is no exchange",
       "as soon as its service"},
  };
  for (const Case& c : cases) {
    INFO(c.url);
    Log log;
    Intake intake;
    const auto source = opened(c.url, intake);
    const std::string line = log.await(c.logged);
    CHECK_THAT(line, Catch::Contains(c.says));
    CHECK(line.find("s3cret") == std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
  }
  neighbour.remove_queue("test.transient");
  neighbour.remove_queue("test.early");
  neighbour.remove_queue("own");
}

// Before it is bound nothing arrives; it is, in a second or two.
void publish_until_taken(Neighbour& neighbour, const std::string& exchange, Live& live,
                         std::size_t message = 0) {
  const auto taken = [&] {
    return live.ask(
        [](Keeper& keeper) { return keeper.counts().events - keeper.counts().duplicate; });
  };
  const auto body = published("boot", "nova.amqp.jsonl")[message].body;
  const auto before = taken();
  while (taken() == before) neighbour.publish(exchange, "a", body);
}

TEST_CASE("An exchange that comes later is bound then, and whenever it is made again") {
  const Broker broker;
  Neighbour neighbour(broker);
  Live live;
  Log log;
  const auto source = opened(broker.url("queue=test.later&bind=test.later:a"), live.intake);
  const Ending ending{*source, live};
  log.await("as soon as");
  testing::await([&] { return source->up() == true; });
  neighbour.make_exchange("test.later");
  publish_until_taken(neighbour, "test.later", live);
  log.await("the exchange 'test.later' is there, and bound");
  // Whoever makes it anew, as to make it durable, takes the binding away, which nobody is told.
  neighbour.remove_exchange("test.later");
  neighbour.make_exchange("test.later");
  publish_until_taken(neighbour, "test.later", live, 1);
  source->stop();
  neighbour.remove_queue("test.later");
  neighbour.remove_exchange("test.later");
}

TEST_CASE("A queue that is deleted is made again, and bound") {
  const Broker broker;
  Neighbour neighbour(broker);
  neighbour.make_exchange("test.gone");
  Live live;
  Log log;
  const auto source = opened(broker.url("queue=test.gone&bind=test.gone:a"), live.intake);
  const Ending ending{*source, live};
  log.await("consuming the queue 'test.gone'");
  neighbour.remove_queue("test.gone");
  log.await("the queue 'test.gone' was deleted");
  publish_until_taken(neighbour, "test.gone", live);
  source->stop();
  neighbour.remove_queue("test.gone");
  neighbour.remove_exchange("test.gone");
}

TEST_CASE("Over TLS it is the same, for who trusts the broker's certificate") {
  const Broker broker;
  Neighbour neighbour(broker);
  neighbour.make_exchange("nova");
  Live live;
  Log log;
  const auto source =
      opened("amqps://vmtrail@" + broker.amqps + "/?password_file=" + broker.directory +
                 "/password&cacert=" + broker.directory + "/cert.pem&queue=test.tls&bind=nova:x",
             live.intake);
  const Ending ending{*source, live};
  log.await("consuming");
  const auto messages = published("boot", "nova.amqp.jsonl");
  for (const Published& message : messages) neighbour.publish("nova", "x", message.body);
  live.await_events(messages.size());
  source->stop();
  neighbour.remove_queue("test.tls");
}

TEST_CASE("A sink keeps its connection while there is nothing to send") {
  const Broker broker;
  auto sink = open_sink(*parse_url(broker.url("exchange=test.records&heartbeat=2")));
  REQUIRE(sink);
  const OutgoingRecord first{Sequence{1}, "instance.moved", "{}"};
  const OutgoingRecord second{Sequence{2}, "instance.moved", "{}"};
  REQUIRE((*sink)->send(std::span(&first, 1), {}));
  // Twice as long as the broker waits for a heartbeat.
  for (int second_of_silence = 0; second_of_silence < 8; ++second_of_silence) {
    std::this_thread::sleep_for(std::chrono::seconds{1});
    (*sink)->stay();
  }
  CHECK((*sink)->send(std::span(&second, 1), {}));
}

TEST_CASE("A broker that is short of memory is waited for, and the log says so") {
  const Broker broker;
  auto sink = open_sink(*parse_url(broker.url("exchange=test.blocked")));
  REQUIRE(sink);
  Log log;
  const OutgoingRecord record{Sequence{1}, "instance.moved", "{}"};
  auto shortage = std::make_unique<Shortage>(broker);
  bool sent = false;
  std::jthread sender([&](const std::stop_token& stop) {
    sent = (*sink)->send(std::span(&record, 1), stop).has_value();
  });
  CHECK_THAT(log.await("takes no records for now"), Catch::Contains("memory"));
  shortage.reset();
  log.await("takes records again");
  sender.join();
  CHECK(sent);
}

TEST_CASE("A broker that dies and returns costs nothing: neither events nor records") {
  const Broker broker;
  const auto messages = published("live_migration", "nova.amqp.jsonl");
  const Scratch scratch;
  Live live({}, scratch.path());
  Log log;
  auto source_url = broker.url("queue=test.dies&bind=nova:notifications.*");
  auto neighbour = std::make_unique<Neighbour>(broker);
  neighbour->make_exchange("nova");
  neighbour->make_queue("test.records");
  const auto source = opened(source_url, live.intake);
  const Ending ending{*source, live};
  log.await("consuming");
  auto sink = open_sink(*parse_url(broker.url("exchange=test.records")));
  REQUIRE(sink);
  SinkFeed::Options options;
  options.name = "amqp-sink";
  options.state = scratch.path();
  SinkFeed feed(std::move(options), std::move(*sink), live.records);
  play(*neighbour, {messages.begin(), messages.begin() + 40});
  live.await_events(40);
  testing::await([&] {
    return live.records.newest() > Sequence{0} && feed.cursor() >= live.records.newest();
  });
  neighbour->make_queue("test.records", "test.records", "#");

  neighbour.reset();
  broker.kill();
  broker.start();
  neighbour = std::make_unique<Neighbour>(broker);
  neighbour->make_exchange("nova");  // the service that owns it makes it again
  // What a broker has just been told to make it may lose when it is killed.
  neighbour->make_exchange("test.records", true);
  neighbour->make_queue("test.records", "test.records", "#");
  // Bound again when the source notices; what is published before that is nobody's.
  std::size_t next = 40;
  const auto distinct = [&live] {
    return live.ask(
        [](Keeper& keeper) { return keeper.counts().applied + keeper.counts().total_ignored(); });
  };
  testing::await([&] {
    neighbour->publish(messages[next].exchange, messages[next].key, messages[next].body);
    return distinct() > 40;
  });
  play(*neighbour, {messages.begin() + 40, messages.end()});
  testing::await([&] { return distinct() >= messages.size(); });
  source->stop();
  REQUIRE(live.finish());
  testing::await([&] { return feed.cursor() >= live.records.newest(); });
  feed.stop();
  CHECK(testing::differences_from_nova(live.keeper->model(), "live_migration") == "");
  std::set<std::uint64_t> sequences;
  while (const auto record = neighbour->get("test.records")) {
    const auto json = nlohmann::json::parse(record->second);
    CHECK("vmtrail." + record->first == json["type"]);
    sequences.insert(std::stoull(json["sequence"].get<std::string>()));
  }
  // Each at least once, from where the queue was bound to the end.
  REQUIRE_FALSE(sequences.empty());
  CHECK(*sequences.rbegin() == static_cast<std::uint64_t>(live.records.newest()));
  CHECK(sequences.size() == *sequences.rbegin() - *sequences.begin() + 1);
  neighbour->remove_queue("test.dies");
  neighbour->remove_queue("test.records");
}

}  // namespace
}  // namespace vmtrail
