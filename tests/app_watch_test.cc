// SPDX-License-Identifier: Apache-2.0
// Watching the daemon: server-sent events, messages over ZeroMQ, the command.

#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/shell.h"
#include "tests/watcher.h"

namespace vmtrail {
namespace {

using testing::DaemonProcess;
using testing::HttpClient;
using testing::HttpWatching;
using testing::Json;
using testing::lines_of;
using testing::Mirror;
using testing::Shell;
using testing::Watching;
using testing::ZmqWatching;

/// A daemon that listens on both, and whoever feeds it.
struct Watched : Shell {
  explicit Watched(const std::string& watch = "{heartbeat: 100ms}")
      : daemon({"--config", file("vmtrail.yaml",
                                 "state: ./s\nsources: http://127.0.0.1:0\n"
                                 "listen: ['http://127.0.0.1:0', 'zmq+router://127.0.0.1:0']\n"
                                 "watch: " +
                                     watch + "\n")}) {
    source = daemon.address();
    http = daemon.address();
    zmq = daemon.address();
    daemon.await("ready");
  }
  void feed(std::size_t begin, std::size_t end) {
    static const auto lines = lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
    HttpClient feeder(source);
    for (std::size_t i = begin; i < std::min(end, lines.size()); ++i) {
      REQUIRE(feeder.post("/v1/events", lines[i]).status == 200);
    }
  }
  [[nodiscard]] Json get(const std::string& target) const {
    HttpClient client(http);
    return Json::parse(client.get(target).body);
  }
  [[nodiscard]] std::uint64_t sequence() const { return get("/v1/stats")["sequence"]; }
  /// What the log of records has, as whoever watches is to be told of it.
  [[nodiscard]] std::vector<Json> changes(std::uint64_t since) const {
    return get("/v1/changes?since=" + std::to_string(since))["changes"];
  }
  [[nodiscard]] std::string metric(const std::string& name) const {
    HttpClient client(http);
    const std::string text = client.get("/metrics").body;
    const std::size_t at = text.find("\n" + name + " ") + name.size() + 2;
    return text.substr(at, text.find('\n', at) - at);
  }

  DaemonProcess daemon;
  std::string source;
  std::string http;
  std::string zmq;
};

/// The records that come, up to the sequence.
std::vector<Json> records(Watching& watching, std::uint64_t up_to) {
  std::vector<Json> all;
  while (all.empty() || all.back()["sequence"] != std::to_string(up_to)) {
    auto told = watching.next_but_beats();
    REQUIRE(told);
    INFO(told->data.dump());
    REQUIRE(told->kind == "record");
    if (told->id) CHECK(*told->id == told->data["sequence"]);
    all.push_back(std::move(told->data));
  }
  return all;
}

/// A notification that moves an instance to and fro.
std::string flip(std::size_t number) {
  char time[32];
  std::snprintf(time, sizeof time, "13:%02zu:%02zu.%06zu", number / 60'000'000,
                number / 1'000'000 % 60, number % 1'000'000);
  return R"({"event_type":"compute.instance.update","message_id":"flip-)" + std::to_string(number) +
         R"(","publisher_id":"api.controller","priority":"INFO","timestamp":"2026-11-22 )" + time +
         R"(","payload":{"instance_id":"87be4b45-e214-4ca3-8f5c-1bd31159f9e4","display_name":"flip",)" +
         R"("tenant_id":"p","state":"active","host":"host-)" + std::to_string(number % 2) +
         R"("}})";
}

TEST_CASE("A watch begins with a snapshot, and every record follows, over HTTP and ZeroMQ") {
  Watched watched;
  watched.feed(0, 30);
  const std::uint64_t begin = watched.sequence();
  HttpWatching http(watched.http, "/v1/watch");
  CHECK_THAT(http.head(), Catch::StartsWith("HTTP/1.1 200 ") &&
                              Catch::Contains("Content-Type: text/event-stream") &&
                              Catch::Contains("Cache-Control: no-store"));
  ZmqWatching zmq(watched.zmq, {{"op", "watch"}});
  Mirror mirrors[2];
  for (Watching* const watching : {static_cast<Watching*>(&http), static_cast<Watching*>(&zmq)}) {
    Mirror& mirror = mirrors[watching == &zmq];
    mirror.begin(watching == &http);
    const auto page = watching->next_but_beats();
    CHECK(page->data["complete"] == false);
    CHECK(page->data["instances"] == watched.get("/v1/instances")["instances"]);
    CHECK(page->data["migrations"] == watched.get("/v1/migrations")["migrations"]);
    CHECK(page->data["hosts"] == watched.get("/v1/hosts")["hosts"]);
    CHECK_FALSE(page->id);
    mirror.take(*page);
    mirror.take(*watching->next_but_beats());
    CHECK(mirror.behind() == begin);
  }
  watched.feed(30, 1000);
  const std::uint64_t end = watched.sequence();
  REQUIRE(end > begin + 20);
  const auto changes = watched.changes(begin);
  CHECK(records(http, end) == changes);
  CHECK(records(zmq, end) == changes);
}

TEST_CASE("Whoever was away gets what came since, each once: Last-Event-ID beats since") {
  Watched watched;
  watched.feed(0, 60);
  const std::uint64_t end = watched.sequence();
  struct Case {
    const char* target;
    const char* headers;
    std::uint64_t since;
  };
  for (const Case& c : {Case{"/v1/watch?since=0", "", 0}, Case{"/v1/watch?since=17", "", 17},
                        Case{"/v1/watch", "Last-Event-ID: 20\r\n", 20},
                        Case{"/v1/watch?since=17", "Last-Event-ID: 23\r\n", 23}}) {
    INFO(c.target << " " << c.headers);
    HttpWatching http(watched.http, c.target, c.headers);
    CHECK(records(http, end) == watched.changes(c.since));
  }
  ZmqWatching zmq(watched.zmq, {{"op", "watch"}, {"since", 17}});
  CHECK(records(zmq, end) == watched.changes(17));
  // Up to date: nothing but that it is heard, and where it stands.
  HttpWatching newest(watched.http, "/v1/watch?since=" + std::to_string(end));
  const auto beat = newest.next();
  CHECK(beat->kind == "heartbeat");
  CHECK(beat->id == std::to_string(end));
  // Of a state that is another one's: all anew, and the old place is to be forgotten.
  HttpWatching other(watched.http, "/v1/watch", "Last-Event-ID: 99999\r\n");
  const auto compacted = other.next_but_beats();
  CHECK(compacted->kind == "compacted");
  CHECK(compacted->id == "");
  CHECK(other.next_but_beats()->kind == "snapshot");
}

TEST_CASE("Filters choose what is told, and heartbeats carry the place on") {
  Watched watched;
  watched.feed(0, 1000);
  const std::uint64_t end = watched.sequence();
  std::vector<Json> moved;
  for (const Json& change : watched.changes(0)) {
    if (change["type"] == "vmtrail.instance.moved") moved.push_back(change);
  }
  REQUIRE(moved.size() > 2);
  HttpWatching type(watched.http, "/v1/watch?since=0&type=instance.moved");
  std::vector<Json> told;
  for (;;) {
    auto one = type.next();
    REQUIRE(one);
    if (one->kind == "heartbeat" && one->id == std::to_string(end)) break;
    if (one->kind == "record") told.push_back(one->data);
  }
  CHECK(told == moved);
  // Nobody leaves a host unseen.
  const std::string host = moved[0]["data"]["from"]["host"];
  ZmqWatching leaving(watched.zmq, {{"op", "watch"}, {"host", host}, {"since", 0}});
  bool left = false;
  while (!left) left = leaving.next_but_beats()->data == moved[0];
  HttpWatching nobody(watched.http, "/v1/watch?project=nobody");
  CHECK(nobody.next_but_beats()->data["instances"].empty());
}

TEST_CASE("What is wrong with a watch is told as of any other question") {
  Watched watched("{watchers: 1}");
  const auto problem = [&](const std::string& target, const std::string& headers = {}) {
    HttpClient client(watched.http);
    const auto answer = client.get(target, headers);
    CHECK_THAT(answer.head, Catch::Contains("Content-Type: application/problem+json"));
    const Json told = Json::parse(answer.body);
    CHECK(told["status"] == answer.status);
    return std::to_string(answer.status) + " " + told["code"].get<std::string>();
  };
  CHECK(problem("/v1/watch?since=x") == "400 wrong_usage");
  CHECK(problem("/v1/watch?hots=x") == "400 wrong_usage");
  CHECK(problem("/v1/watch?type=nothing.*") == "400 wrong_usage");
  CHECK(problem("/v1/watch", "Last-Event-ID: x\r\n") == "400 wrong_usage");
  ZmqWatching wrong(watched.zmq, {{"op", "watch"}, {"since", "x"}});
  CHECK(wrong.receive()["error"]["code"] == "wrong_usage");
  wrong.send({{"op", "unwatch"}});
  CHECK(wrong.receive()["error"]["code"] == "wrong_usage");
  {
    ZmqWatching only(watched.zmq, {{"op", "watch"}});
    CHECK(only.next()->kind == "heartbeat");
    CHECK(problem("/v1/watch") == "503 unavailable");
    CHECK(watched.metric("vmtrail_watchers") == "1");
    only.send({{"op", "watch"}});
    Json told = only.receive();
    while (told.contains("watch")) told = only.receive();
    CHECK(told["error"]["code"] == "wrong_usage");
    only.send({{"op", "unwatch"}});
    while (told.value("watch", "") != "ended") told = only.receive();
  }
  testing::await([&] { return watched.metric("vmtrail_watchers") == "0"; });
  HttpWatching next(watched.http, "/v1/watch");
  CHECK(next.next()->kind == "heartbeat");
}

TEST_CASE("Two hundred watchers delay no question, and all are told") {
  Watched watched("{heartbeat: 1h}");
  std::vector<std::unique_ptr<Watching>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_unique<HttpWatching>(watched.http, "/v1/watch"));
    all.push_back(std::make_unique<ZmqWatching>(watched.zmq, Json{{"op", "watch"}}));
  }
  for (const auto& one : all) {
    CHECK(one->next()->kind == "heartbeat");
    CHECK(one->next()->data["complete"] == false);
    CHECK(one->next()->data["complete"] == true);
  }
  CHECK(watched.metric("vmtrail_watchers") == "200");
  watched.feed(0, 5);
  const std::uint64_t end = watched.sequence();
  const auto changes = watched.changes(0);
  for (const auto& one : all) CHECK(records(*one, end) == changes);
  // Those that have gone are forgotten.
  all.clear();
  watched.feed(5, 20);
  testing::await([&] {
    watched.feed(20, 1000);
    return watched.metric("vmtrail_watchers") == "0";
  });
  CHECK(watched.metric("vmtrail_watchers_cut_total") == "0");
}

TEST_CASE("A watcher that reads no more is cut off, and another gets all") {
  const bool over_http = GENERATE(true, false);
  INFO(over_http);
  Watched watched("{patience: 3s, heartbeat: 100ms}");
  watched.feed(0, 1000);
  // It takes the first bytes and no more; there will be more than the sockets between hold.
  std::optional<HttpWatching> http;
  std::optional<ZmqWatching> zmq;
  if (over_http) {
    http.emplace(watched.http, "/v1/watch?since=0", "", 4096);
    CHECK_FALSE(http->head().empty());
  } else {
    zmq.emplace(watched.zmq, Json{{"op", "watch"}, {"since", 0}}, 1);
    CHECK(zmq->next());
  }
  HttpWatching quick(watched.http, "/v1/watch");
  Mirror mirror;
  mirror.begin(true);
  HttpClient feeder(watched.source);
  for (std::size_t i = 0; watched.metric("vmtrail_watchers_cut_total") == "0"; ++i) {
    std::string body;
    for (std::size_t j = 0; j < 500; ++j) body += flip(i * 500 + j) + "\n";
    REQUIRE(feeder.post("/v1/events", body).status == 200);
    const std::uint64_t end = watched.sequence();
    while (!mirror.behind() || *mirror.behind() < end) mirror.take(*quick.next());
  }
  CHECK(watched.metric("vmtrail_watchers") == "1");
  CHECK(mirror.difference_from_instances(watched.get("/v1/instances")["instances"]) == "");
}

TEST_CASE("At the end of the program watchers are told so, and over HTTP the body ends") {
  Watched watched;
  HttpWatching http(watched.http, "/v1/watch");
  ZmqWatching zmq(watched.zmq, {{"op", "watch"}});
  CHECK(http.next());
  CHECK(zmq.next());
  watched.daemon.signal(SIGTERM);
  for (Watching* const one : {static_cast<Watching*>(&http), static_cast<Watching*>(&zmq)}) {
    auto told = one->next();
    while (told->kind != "cut") told = one->next();
    CHECK(told->data["reason"] == "the program ends");
  }
  CHECK_FALSE(http.next());
  CHECK(http.ended_well());
  CHECK(watched.daemon.wait() == 0);
}

/// `vmtrail watch` beside the test.
class Command {
 public:
  Command(const Shell& shell, const std::string& arguments)
      : shell_(shell), number_(std::to_string(++made)) {
    const std::string line = std::string("'") + VMTRAIL_PROGRAM + "' watch " + arguments + " >'" +
                             shell.path("told" + number_) + "' 2>'" + shell.path("talk" + number_) +
                             "' & echo $! >'" + shell.path("pid" + number_) +
                             "'; wait $!; echo $? >'" + shell.path("exit" + number_) + "'";
    thread_ = std::jthread([line] { static_cast<void>(std::system(line.c_str())); });
  }
  ~Command() {
    if (thread_.joinable()) end(SIGKILL);
  }
  /// So many lines of what it told, once they are there.
  std::vector<std::string> lines(std::size_t count) {
    std::vector<std::string> all;
    testing::await([&] {
      std::istringstream text(shell_.contents("told" + number_));
      all.clear();
      for (std::string line; std::getline(text, line) && !text.eof();) all.push_back(line);
      return all.size() >= count;
    });
    return all;
  }
  [[nodiscard]] std::string talk() const { return shell_.contents("talk" + number_); }
  std::string end(int signal) {
    testing::await([&] { return lines_in("pid" + number_) > 0; });
    kill(std::stoi(shell_.contents("pid" + number_)), signal);
    thread_.join();
    return shell_.contents("exit" + number_);
  }

 private:
  static inline int made = 0;

  [[nodiscard]] std::ptrdiff_t lines_in(const std::string& file) const {
    return testing::lines(shell_.contents(file));
  }

  const Shell& shell_;
  const std::string number_;  // of its files
  std::jthread thread_;
};

TEST_CASE("The command tells a watch in lines, and ends as it is told") {
  Watched watched;
  watched.feed(0, 1000);
  const std::uint64_t end = watched.sequence();
  std::string told[2];
  for (const std::string& url : {watched.http, watched.zmq}) {
    INFO(url);
    Command json(watched, "-o json --since 0 --connect " + url);
    const auto lines = json.lines(end);
    CHECK(json.end(SIGTERM) == "0\n");
    CHECK(json.talk().empty());
    std::string& all = told[url == watched.zmq];
    for (const std::string& line : lines) all += line + "\n";
    CHECK(Json::parse(lines[4])["record"] == watched.changes(4)[0]);
    CHECK(Json::parse(lines[4])["watch"] == "record");
    CHECK(Json::parse(lines[4])["sequence"] == 5);

    Command table(watched, "--type instance.moved --connect " + url);
    const std::string first = table.lines(1)[0];
    CHECK_THAT(first, Catch::StartsWith("sequence " + std::to_string(end) + ": "));
    CHECK(table.end(SIGINT) == "0\n");

    // Whoever reads it has had enough.
    const std::string line = std::string("{ '") + VMTRAIL_PROGRAM + "' watch --since 0 --connect " +
                             url + " 2>'" + watched.path("talk") + "'; echo $? >'" +
                             watched.path("exit") + "'; } | head -n 1 >'" + watched.path("told") +
                             "'";
    static_cast<void>(std::system(line.c_str()));
    CHECK(watched.contents("exit") == "0\n");
    CHECK(watched.contents("talk").empty());
    CHECK_THAT(watched.contents("told"), Catch::Contains("  instance.created  "));

    const std::string full = std::string("'") + VMTRAIL_PROGRAM + "' watch --since 0 --connect " +
                             url + " >/dev/full 2>'" + watched.path("talk") + "'";
    CHECK(WEXITSTATUS(std::system(full.c_str())) == 3);
    CHECK_THAT(watched.contents("talk"), Catch::Contains("standard output cannot be written"));

    CHECK(watched.run("watch --since x --connect " + url).exit == 2);
    CHECK(watched.run("watch --hots h --connect " + url).exit == 2);
  }
  CHECK(told[0] == told[1]);
  CHECK(watched.run("watch").exit == 2);
  CHECK(watched.run("watch --connect ftp://127.0.0.1:1").exit == 2);
  CHECK(watched.run("watch --connect http://127.0.0.1:1").exit == 4);
  CHECK(watched.run("watch --connect 'zmq+tcp://127.0.0.1:1?timeout=1'").exit == 4);
}

TEST_CASE("The command connects again by itself, and goes on where it was") {
  for (const bool over_http : {true, false}) {
    const Shell shell;
    const auto configured = [&](const std::string& listen) {
      return std::vector<std::string>{"--state",  shell.path("s"), "--source", "http://127.0.0.1:0",
                                      "--listen", listen};
    };
    auto daemon = std::make_unique<DaemonProcess>(
        configured(over_http ? "http://127.0.0.1:0" : "zmq+router://127.0.0.1:0"));
    const auto lines = lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
    const auto feed = [&](const std::string& source, std::size_t begin, std::size_t end) {
      HttpClient feeder(source);
      for (std::size_t i = begin; i < end; ++i) {
        REQUIRE(feeder.post("/v1/events", lines[i]).status == 200);
      }
    };
    std::string source = daemon->address();
    const std::string address = daemon->address();
    feed(source, 0, 20);
    Command command(shell, "-o json --connect " + address);
    const std::size_t begun = command.lines(2).size();
    CHECK(begun == 2);  // a page, and that it is complete
    feed(source, 20, 40);
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
    daemon.reset();
    daemon = std::make_unique<DaemonProcess>(configured(address));
    source = daemon->address();
    feed(source, 40, lines.size());
    HttpClient asks(source);
    const std::string metrics = asks.get("/metrics").body;
    const std::string name = "\nvmtrail_sequence ";
    const auto end = std::strtoull(metrics.c_str() + metrics.find(name) + name.size(), nullptr, 10);
    const std::uint64_t begin = Json::parse(command.lines(2)[1])["sequence"];
    const auto all = command.lines(2 + end - begin);
    CHECK(command.end(SIGTERM) == "0\n");
    REQUIRE(all.size() == 2 + end - begin);
    for (std::size_t i = 2; i < all.size(); ++i) {
      CHECK(Json::parse(all[i])["sequence"] == begin + i - 1);
    }
    CHECK_THAT(command.talk(), Catch::Contains("connects again, behind sequence") &&
                                   Catch::Contains("connected again"));
  }
}

TEST_CASE("After its state was taken away the command begins anew, however far the new one is") {
  for (const bool over_http : {true, false}) {
    const Shell shell;
    const auto configured = [&](const std::string& state, const std::string& listen) {
      return std::vector<std::string>{
          "--state", shell.path(state), "--source", "http://127.0.0.1:0", "--listen", listen};
    };
    auto daemon = std::make_unique<DaemonProcess>(
        configured("s", over_http ? "http://127.0.0.1:0" : "zmq+router://127.0.0.1:0"));
    const std::string source = daemon->address();
    const std::string address = daemon->address();
    const std::string capture = testing::file_of("live_migration", "nova.bodies.jsonl");
    REQUIRE(HttpClient(source).post("/v1/events", lines_of(capture)[0]).status == 200);
    Command command(shell, "-o json --connect " + address);
    CHECK(Json::parse(command.lines(2)[1])["complete"] == true);
    daemon->signal(SIGTERM);
    CHECK(daemon->wait() == 0);
    daemon.reset();
    REQUIRE(shell.run("replay --state " + shell.path("t") + " " + capture).exit == 0);
    daemon = std::make_unique<DaemonProcess>(configured("t", address));
    const auto all = command.lines(5);
    CHECK(command.end(SIGTERM) == "0\n");
    CHECK(Json::parse(all[2])["watch"] == "compacted");
    CHECK(Json::parse(all[3])["instances"].size() > 0);
    CHECK(Json::parse(all[4])["complete"] == true);
    CHECK_THAT(command.talk(), Catch::Contains("connected again"));
  }
}

}  // namespace
}  // namespace vmtrail
