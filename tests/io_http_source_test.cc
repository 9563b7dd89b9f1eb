// SPDX-License-Identifier: Apache-2.0
// POST of events, as Ceilometer's publisher and a Zenoss target's URL send them.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "io/http_servers.h"
#include "io/sources.h"
#include "tests/compressed.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::Answer;
using testing::gzip;
using testing::HttpClient;
using testing::lines_of;
using testing::Live;
using testing::Scratch;

/// A keeper with an HTTP source before it.
class Served {
 public:
  explicit Served(const std::string& options = {}, const std::string& state = {},
                  Keeper::Options keeper = {})
      : live(std::move(keeper), state) {
    const auto url = parse_url("http://127.0.0.1:0" + options);
    if (!url) throw std::runtime_error(url.error().detail);
    auto opened = open_source(*url, {.intake = live.intake, .http = &servers});
    if (!opened) throw std::runtime_error(opened.error().detail);
    source = std::move(*opened);
  }
  ~Served() {
    source->stop();
    live.finish();
    servers.stop(std::chrono::seconds{10});
  }

  [[nodiscard]] std::string address() const { return source->address(); }

  Live live;
  HttpServers servers;
  std::unique_ptr<Source> source;
};

void write_tokens(const std::string& file, const std::string& text) {
  std::ofstream(file) << text;
  ::chmod(file.c_str(), 0600);
}

std::string header(const std::string& line) {
  return "Content-Type: application/json\r\n" + line + "\r\n";
}

const std::string kEvent =
    R"({"message_id":"11111111-2222-4333-8444-555555555555","event_type":"compute.instance.update",)"
    R"("generated":"2026-11-22T12:00:00.000000","traits":[["instance_id",1,)"
    R"("87be4b45-e214-4ca3-8f5c-1bd31159f9e4"],["state",1,"active"]]})";

TEST_CASE(
    "What Ceilometer posted, posted again with its paths and headers, ends as Nova's database") {
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    const Scratch scratch;
    Served served({}, scratch.path());
    HttpClient client(served.address());
    std::uint64_t events = 0;
    for (const std::string& line :
         lines_of(testing::file_of(scenario, "zenoss/http.requests.jsonl"))) {
      const auto request = nlohmann::json::parse(line);
      std::string head = request["method"].get<std::string>() + " " +
                         request["path"].get<std::string>() + " HTTP/1.1\r\n";
      for (const auto& pair : request["headers"]) {
        head += pair[0].get<std::string>() + ": " + pair[1].get<std::string>() + "\r\n";
      }
      client.send(head + "\r\n" + request["body"].get<std::string>());
      const Answer answer = client.receive();
      REQUIRE(answer.status == 200);
      const auto counts = nlohmann::json::parse(answer.body);
      CHECK(counts["quarantined"] == 0);
      events += counts["applied"].get<std::uint64_t>() + counts["ignored"].get<std::uint64_t>() +
                counts["duplicate"].get<std::uint64_t>();
    }
    CHECK(served.live.ask([](Keeper& keeper) { return keeper.counts().events; }) == events);
    served.source->stop();
    REQUIRE(served.live.finish());
    CHECK(testing::differences_from_nova(served.live.keeper->model(), scenario) == "");
  }
}

TEST_CASE(
    "Who waits too long for the commit is told to come again, and the next is told of his own") {
  Keeper::Options options{.batch_events = 2, .batch_delay = std::chrono::hours{1}};
  Served served("?wait=1", {}, std::move(options));
  HttpClient client(served.address());
  const Answer late = client.post("/v1/events", kEvent);
  CHECK(late.status == 503);
  CHECK_THAT(late.head, Catch::Contains("Retry-After: 5"));
  CHECK_THAT(late.body, Catch::Contains("send it again"));
  // With this one the batch is full: both are settled, and only one of them is still asked for.
  const Answer again = client.post("/v1/events", kEvent);
  CHECK(again.status == 200);
  CHECK(nlohmann::json::parse(again.body)["duplicate"] == 1);
  HttpServers servers;
  Intake intake;
  CHECK_FALSE(
      open_source(*parse_url("http://127.0.0.1:0?wait=0"), {.intake = intake, .http = &servers}));
}

TEST_CASE("Who waits for room when nothing is taken in any more is told to come again") {
  Intake intake(Intake::Limits{.bytes = 1});
  HttpServers servers;
  auto source = open_source(*parse_url("http://127.0.0.1:0"), {.intake = intake, .http = &servers});
  REQUIRE(source);
  Delivery first = intake.blank();
  first.add("{}");
  REQUIRE(intake.try_put(first));
  HttpClient waiting((*source)->address());
  waiting.send("POST /v1/events HTTP/1.1\r\nHost: x\r\n" +
               header("Content-Length: " + std::to_string(kEvent.size())) + "\r\n" + kEvent);
  intake.close();
  HttpClient late((*source)->address());
  for (const Answer& answer : {waiting.receive(), late.post("/v1/events", kEvent)}) {
    CHECK(answer.status == 503);
    CHECK_THAT(answer.head, Catch::Contains("Retry-After: 5"));
  }
  (*source)->stop();
  servers.stop(std::chrono::milliseconds{0});
}

TEST_CASE(
    "A bad item in a good list is quarantined, the rest is taken: nothing but bad ones is 400") {
  const Scratch scratch;
  Served served({}, scratch.path());
  HttpClient client(served.address());
  const Answer mixed = client.post("/v1/events", "[" + kEvent + R"(,{"event_type":"x"}])");
  CHECK(mixed.status == 200);
  CHECK(nlohmann::json::parse(mixed.body) ==
        nlohmann::json{{"applied", 1}, {"duplicate", 0}, {"ignored", 0}, {"quarantined", 1}});
  const Answer again = client.post("/v1/events", "[" + kEvent + "]");
  CHECK(nlohmann::json::parse(again.body)["duplicate"] == 1);
  const Answer bad = client.post("/v1/events", R"([{"event_type":"x"}])");
  CHECK(bad.status == 400);
  CHECK_THAT(bad.body, Catch::Contains("quarantine"));
}

TEST_CASE("Whatever is not right is answered with the status and what to do") {
  Served served("?max_body=2000");
  struct Case {
    std::string request;
    int status;
    std::string says;
  };
  const std::string json = "Content-Type: application/json\r\n";
  const Case cases[] = {
      {"POST /v1/events HTTP/1.1\r\n" + json + "Content-Length: 0\r\n\r\n", 400, "empty"},
      {"POST /v1/events HTTP/1.1\r\n" + json + "Content-Length: 1\r\n\r\n{", 400, "decodes"},
      {"POST /v1/events HTTP/1.1\r\n" + json + "Content-Length: 1\r\n\r\n ", 400, "no event"},
      {"POST /v1/events HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]", 415, "application/json"},
      {"POST /v1/events HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 2\r\n\r\n[]", 415,
       "application/json"},
      {"POST /v1/events HTTP/1.1\r\n" + json +
           "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n[]",
       415, "gzip"},
      {"POST /v1/events HTTP/1.1\r\n" + json +
           "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]",
       400, "gzip"},
      {"POST /v1/events HTTP/1.1\r\n" + json + "Content-Length: 2001\r\n\r\n", 413, "2000"},
      {"POST /v1/events HTTP/1.1\r\n" + json + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431,
       "header"},
      {"GET /v1/events HTTP/1.1\r\n\r\n", 405, "POST"},
      {"POST /v1/event HTTP/1.1\r\n" + json + "Content-Length: 2\r\n\r\n[]", 404, "nothing"},
      {"POST /ceilometer/v1/events/a/b HTTP/1.1\r\n" + json + "Content-Length: 2\r\n\r\n[]", 404,
       "nothing"},
      {"HELO\r\n\r\n", 400, "HTTP"},
  };
  for (const Case& c : cases) {
    INFO(c.request.substr(0, 200));
    HttpClient client(served.address());
    client.send(c.request);
    const Answer answer = client.receive();
    CHECK(answer.status == c.status);
    CHECK_THAT(nlohmann::json::parse(answer.body)["detail"].get<std::string>(),
               Catch::Contains(c.says));
  }
}

TEST_CASE("Who has the token may post, as a bearer or with Basic: others get 401") {
  const Scratch scratch;
  write_tokens(scratch.path("tokens"), "# tokens\ns3cret\nagent:pass word\n");
  Served served("?token_file=" + scratch.path("tokens"));
  struct Case {
    const char* authorization;
    int status;
  };
  const Case cases[] = {
      {"X: y", 401},
      {"Authorization: Bearer wrong", 401},
      {"Authorization: Bearer s3cre", 401},
      {"Authorization: Bearer s3cret", 200},
      {"Authorization: bearer  s3cret", 200},
      {"Authorization: Basic YW55Ym9keTpzM2NyZXQ=", 200},  // anybody:s3cret
      {"Authorization: Basic YWdlbnQ6cGFzcyB3b3Jk", 200},  // agent:pass word
      {"Authorization: Basic YWdlbnQ6d3Jvbmc=", 401},      // agent:wrong
      {"Authorization: Basic !!!!", 401},
      {"Authorization: Basic YWdlbnQ6", 401},
      {"Authorization: Bearer", 401},
  };
  for (const Case& c : cases) {
    INFO(c.authorization);
    HttpClient client(served.address());
    const Answer answer = client.post("/v1/events", "[" + kEvent + "]", header(c.authorization));
    CHECK(answer.status == c.status);
    CHECK((answer.head.find("WWW-Authenticate") != std::string::npos) == (c.status == 401));
    CHECK(answer.head.find("s3cret") == std::string::npos);
  }
  ::chmod(scratch.path("tokens").c_str(), 0644);
  const auto url = parse_url("http://127.0.0.1:0?token_file=" + scratch.path("tokens"));
  const auto refused = http_options(*url, false);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().detail, Catch::Contains("everybody"));
}

TEST_CASE("Without a token a page whose own name leads here is told nothing") {
  Served served;
  struct Case {
    const char* host;
    int status;
  };
  const Case cases[] = {
      {"", 200},
      {"localhost", 200},
      {"LocalHost:8242", 200},
      {"127.0.0.1:8242", 200},
      {"192.0.2.7", 200},
      {"[::1]:8242", 200},
      {"controller:8242", 200},
      {"rebound.example.net:8242", 421},
      {"localhost.example.net", 421},
      {"127.0.0.1.example.net", 421},
  };
  for (const Case& c : cases) {
    INFO(c.host);
    HttpClient client(served.address());
    client.send("POST /v1/events HTTP/1.1\r\nHost: " + std::string(c.host) +
                "\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(kEvent.size()) + "\r\n\r\n" + kEvent);
    CHECK(client.receive().status == c.status);
  }
  HttpServers servers;
  const auto url = parse_url("http://127.0.0.1:0");
  const auto named = servers.at(*url, *http_options(*url, true));
  REQUIRE(named);
  HttpClient client((*named)->address());
  client.send("GET / HTTP/1.1\r\nHost: proxy.example.net\r\n\r\n");
  CHECK(client.receive().status == 404);
}

TEST_CASE("Beyond loopback a token is wanted, or the word that none is") {
  const auto url = parse_url("http://0.0.0.0:0");
  const auto refused = http_options(*url, false);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().detail, Catch::Contains("token_file"));
  CHECK(http_options(*url, true));
}

long resident_kilobytes() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return resident * 4;
}

TEST_CASE("A body that grows past the limit is 413, and memory stays as it was") {
  Served served("?max_body=100000");
  const std::string zeros(std::size_t{200} << 20, ' ');
  const std::string small_bomb = gzip(zeros.substr(0, 50 << 20));
  CHECK(small_bomb.size() < 100'000);
  HttpClient(served.address()).post("/v1/events", "[" + kEvent + "]");
  const long before = resident_kilobytes();
  {
    HttpClient client(served.address());
    client.send("POST /v1/events HTTP/1.1\r\nHost: x\r\n" + header("Transfer-Encoding: chunked") +
                "\r\n");
    const std::string chunk = "2000\r\n" + zeros.substr(0, 0x2000) + "\r\n";
    for (int i = 0; i < 10'000 && client.send(chunk); ++i) {
    }
    CHECK(client.receive().status == 413);
  }
  HttpClient client(served.address());
  CHECK(client.post("/v1/events", small_bomb, header("Content-Encoding: gzip")).status == 413);
  CHECK(client.post("/v1/events", gzip("[" + kEvent + "]"), header("Content-Encoding: GZip"))
            .status == 200);
  CHECK(resident_kilobytes() - before < 20'000);
}

TEST_CASE("A client that asks before it sends is told to go on") {
  Served served;
  HttpClient client(served.address());
  client.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: " +
              std::to_string(kEvent.size()) + "\r\n" + header("Expect: 100-continue") + "\r\n");
  CHECK(client.receive().status == 100);
  client.send(kEvent);
  CHECK(client.receive().status == 200);
}

TEST_CASE("Nothing is answered before it is committed, and then all of it is") {
  const Scratch scratch;
  Served served({}, scratch.path(), {.batch_delay = std::chrono::hours{1}});
  HttpClient first(served.address());
  HttpClient second(served.address());
  first.send("POST /v1/events HTTP/1.1\r\nContent-Length: " + std::to_string(kEvent.size()) +
             "\r\n" + header("") + kEvent);
  served.live.await_events(1);
  {
    auto store = Store::open(scratch.path(), Store::Access::read);
    CHECK(store->records(Sequence{0}, 10)->empty());
  }
  // The end commits what there is; its answers still go out.
  served.source->stop();
  CHECK(second.post("/v1/events", kEvent).status == 503);
  std::thread ending([&] { served.live.finish(); });
  CHECK(first.receive().status == 200);
  ending.join();
  auto store = Store::open(scratch.path(), Store::Access::read);
  CHECK_FALSE(store->records(Sequence{0}, 10)->empty());
}

TEST_CASE("A flood is told to slow down, and those who wait at the end to come again") {
  // The keeper is not running: what comes fills the intake, then the places for those who wait.
  Intake intake({.bytes = 1, .deliveries = 1});
  HttpServers servers;
  auto source = open_source(*parse_url("http://127.0.0.1:0?connections=400"),
                            {.intake = intake, .http = &servers});
  REQUIRE(source);
  const std::string request =
      "POST /v1/events HTTP/1.1\r\nContent-Length: " + std::to_string(kEvent.size()) + "\r\n" +
      header("") + kEvent;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<int, int> statuses;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 1 + 256 + 40; ++i) {
    clients.emplace_back([&] {
      HttpClient client((*source)->address());
      client.send(request);
      const Answer answer = client.receive();
      const std::lock_guard lock(mutex);
      ++statuses[answer.status];
      changed.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    CHECK(changed.wait_for(lock, testing::kPatience, [&] { return statuses[429] == 40; }));
  }
  (*source)->stop();
  servers.stop(std::chrono::seconds{1});  // the one in the intake is never settled
  clients.clear();
  CHECK(statuses == std::map<int, int>{{0, 1}, {429, 40}, {503, 256}});
}

TEST_CASE("More connections than there may be are turned away, and those that there are go on") {
  Served served("?connections=2");
  HttpClient first(served.address());
  HttpClient second(served.address());
  CHECK(first.post("/v1/events", kEvent).status == 200);
  CHECK(second.post("/v1/events", kEvent).status == 200);
  HttpClient third(served.address());
  CHECK(third.receive().status == 503);
  CHECK(first.post("/v1/events", kEvent).status == 200);
}

TEST_CASE("All bodies that are being read together have a bound, too") {
  HttpServer::Options options;
  options.host = "127.0.0.1";
  options.most_body = 1000;
  options.most_bodies = 1500;
  auto server = HttpServer::open(std::move(options));
  REQUIRE(server);
  (*server)->add({.method = "POST",
                  .path = "/",
                  .take = [](const HttpRequest& request, const HttpReply& reply) {
                    reply({.body = std::to_string(request.body.size())});
                  }});
  HttpClient slow((*server)->address());
  slow.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  CHECK(slow.receive().status == 100);
  CHECK(HttpClient((*server)->address()).post("/", std::string(600, 'x')).status == 503);
  CHECK(HttpClient((*server)->address()).post("/", std::string(500, 'x')).body == "500");
  slow.send("3\r\nabc\r\n0\r\n\r\n");
  CHECK(slow.receive().body == "3");
  CHECK(HttpClient((*server)->address()).post("/", std::string(1000, 'x')).body == "1000");
}

TEST_CASE("Trailers and what stands behind a chunk's size have a bound, whoever sends them") {
  const Scratch scratch;
  write_tokens(scratch.path("tokens"), "s3cret\n");
  Served served("?token_file=" + scratch.path("tokens"));
  const std::string post =
      "POST /v1/events HTTP/1.1\r\nAuthorization: Bearer s3cret\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& begin : {post + "0\r\nX: ", post + "5;", post + "0\r\n"}) {
    HttpClient client(served.address());
    client.send(begin);
    const std::string more = begin.ends_with("\n") ? "X: y\r\n" : "xxxxxx";
    std::string many;
    while (many.size() < (std::size_t{1} << 20)) many += more;
    client.send(many);
    CHECK(client.receive().status == 431);
  }
}

TEST_CASE("Who asks for something small takes no room from who sends") {
  HttpServer::Options options;
  options.host = "127.0.0.1";
  options.most_body = 1000;
  options.most_bodies = 2000;
  auto server = HttpServer::open(std::move(options));
  REQUIRE(server);
  const auto answers = [](const HttpRequest& request, const HttpReply& reply) {
    reply({.body = std::to_string(request.body.size())});
  };
  (*server)->add({.method = "GET", .path = "/health", .without_token = true, .take = answers});
  (*server)->add({.method = "POST", .path = "/", .take = answers});
  std::vector<std::unique_ptr<HttpClient>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<HttpClient>((*server)->address()));
    idle.back()->send("GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  }
  CHECK(HttpClient((*server)->address()).post("/", std::string(1000, 'x')).body == "1000");
  idle.front()->send("1\r\nx\r\n0\r\n\r\n");
  CHECK(idle.front()->receive().status == 413);
  idle.back()->send("0\r\n\r\n");
  CHECK(idle.back()->receive().body == "0");
  HttpClient with_body((*server)->address());
  with_body.send("GET /health HTTP/1.1\r\nContent-Length: 1\r\n\r\nx");
  CHECK(with_body.receive().status == 413);
}

TEST_CASE("One address serves sources and whatever else is added: health needs no token") {
  const Scratch scratch;
  write_tokens(scratch.path("tokens"), "s3cret\n");
  HttpServers servers;
  const auto url = parse_url("http://127.0.0.1:0?token_file=" + scratch.path("tokens"));
  auto server = servers.at(*url, *http_options(*url, false));
  REQUIRE(server);
  (*server)->add({.method = "GET",
                  .path = "/healthz",
                  .without_token = true,
                  .take = [](const HttpRequest&, const HttpReply& reply) {
                    reply({.body = "ok\n", .type = "text/plain"});
                  }});
  (*server)->add({.method = "GET",
                  .path = "/v1/x",
                  .take = [](const HttpRequest& request, const HttpReply& reply) {
                    reply({.body = request.query});
                  }});
  HttpClient client((*server)->address());
  CHECK(client.get("/healthz").body == "ok\n");
  CHECK(client.get("/v1/x?a=b", "Authorization: Bearer s3cret\r\n").body == "a=b");
  CHECK(client.get("/v1/x?a=b").status == 401);
  servers.stop(std::chrono::milliseconds{0});
}

TEST_CASE("Behind TLS it is the same, for who trusts the certificate") {
  const Scratch scratch;
  const std::string key = scratch.path("key");
  const std::string cert = scratch.path("cert");
  REQUIRE(
      std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
                   " -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
                   " -keyout '" +
                   key + "' -out '" + cert + "' 2>/dev/null")
                      .c_str()) == 0);
  Live live;
  HttpServers servers;
  auto source = open_source(*parse_url("https://127.0.0.1:0?cert=" + cert + "&key=" + key),
                            {.intake = live.intake, .http = &servers});
  REQUIRE(source);
  const std::string curl = "curl -s -o '" + scratch.path("out") + "' -w '%{http_code}' --cacert '" +
                           cert + "' -H 'Content-Type: application/json' -d '" + kEvent + "' " +
                           (*source)->address() + "/v1/events > '" + scratch.path("status") + "'";
  CHECK(std::system(curl.c_str()) == 0);
  std::string status;
  std::ifstream(scratch.path("status")) >> status;
  CHECK(status == "200");
  HttpClient plain((*source)->address());
  CHECK(plain.post("/v1/events", kEvent).status == 0);
  (*source)->stop();
  live.finish();
  servers.stop(std::chrono::milliseconds{0});
}

}  // namespace
}  // namespace vmtrail
