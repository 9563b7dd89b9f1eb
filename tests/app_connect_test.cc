// SPDX-License-Identifier: Apache-2.0
// Questions to the daemon: over HTTP, over ZeroMQ, at the command line; the same answers.

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>
#include <zmq.hpp>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::DaemonProcess;
using testing::HttpClient;
using testing::lines_of;
using testing::Ran;
using testing::Shell;
using Json = nlohmann::ordered_json;

/// Text and order of keys, but for the age.
std::string ageless(const std::string& text) {
  Json json = Json::parse(text);
  if (json.contains("age_s")) json["age_s"] = nullptr;
  return json.dump();
}

struct Requester {
  Requester(const std::string& address, zmq::socket_type type) : socket(context, type) {
    socket.set(zmq::sockopt::rcvtimeo, 60'000);
    socket.set(zmq::sockopt::linger, 0);
    socket.connect("tcp" + address.substr(address.find("://")));
  }
  std::string ask(const std::string& request) {
    socket.send(zmq::buffer(request));
    return receive();
  }
  std::string receive() {
    zmq::message_t frame;
    if (!socket.recv(frame)) throw std::runtime_error("no answer");
    return frame.to_string();
  }

  zmq::context_t context{1};
  zmq::socket_t socket;
};

/// A daemon that has taken a capture, and listens on both.
struct Asked : Shell {
  explicit Asked(const std::string& capture = "live_migration")
      : daemon({"--source", "http://127.0.0.1:0", "--listen", "http://127.0.0.1:0", "--listen",
                "zmq+router://127.0.0.1:0", "--state", path("s")}) {
    source = daemon.address();
    HttpClient feeder(source);
    http = daemon.address();
    zmq = daemon.address();
    daemon.await("ready");
    for (const std::string& line : lines_of(testing::file_of(capture, "nova.bodies.jsonl"))) {
      REQUIRE(feeder.post("/v1/events", line).status == 200);
    }
  }

  DaemonProcess daemon;
  std::string source;
  std::string http;
  std::string zmq;
};

TEST_CASE("The same question has the same answer over HTTP, ZeroMQ, --connect and --state") {
  const Asked asked;
  HttpClient http(asked.http);
  Requester zmq(asked.zmq, zmq::socket_type::req);
  struct Case {
    std::string line;
    std::string request;
    std::string target;
    bool of_the_program = false;  // --state has no counts
  };
  const Case cases[] = {
      {"where demo-a", R"({"op":"where","instance":"demo-a"})", "/v1/instances/demo-a"},
      {"where demo-a --at 1m", R"({"op":"where","instance":"demo-a","at":"1m"})",
       "/v1/instances/demo%2Da?at=1m"},
      {"host compute01", R"({"op":"host","host":"compute01"})", "/v1/hosts/compute01"},
      {"host COMPUTE02 --at '10s ago'", R"({"op":"host","host":"COMPUTE02","at":"10s ago"})",
       "/v1/hosts/COMPUTE02?at=10s+ago"},
      {"hosts", R"({"op":"hosts"})", "/v1/hosts"},
      {"instances --host compute01", R"({"op":"instances","host":"compute01","limit":"all"})",
       "/v1/instances?host=compute01&limit=all"},
      {"instances --state active", R"({"op":"instances","state":"active","limit":"all"})",
       "/v1/instances?state=active&limit=all"},
      {"instances --limit 1", R"({"op":"instances","limit":1})", "/v1/instances?limit=1"},
      {"history demo-a", R"({"op":"history","instance":"demo-a"})", "/v1/instances/demo-a/history"},
      {"history --host compute02", R"({"op":"history","host":"compute02"})",
       "/v1/hosts/compute02/history"},
      {"together demo-a", R"({"op":"together","instance":"demo-a"})",
       "/v1/instances/demo-a/together"},
      {"migrations", R"({"op":"migrations"})", "/v1/migrations"},
      {"migrations --failed", R"({"op":"migrations","failed":true})", "/v1/migrations?failed"},
      {"explain demo-a", R"({"op":"explain","instance":"demo-a"})", "/v1/instances/demo-a/explain"},
      {"changes --since 3 --limit 4", R"({"op":"changes","since":3,"limit":4})",
       "/v1/changes?since=3&limit=4"},
      {"changes", R"({"op":"changes"})", "/v1/changes"},
      {"report hosts --name 'demo-*'", R"({"op":"report","report":"hosts","name":"demo-*"})",
       "/v1/reports/hosts?name=demo-*"},
      {"drain compute01", R"({"op":"drain","host":"compute01"})", "/v1/hosts/compute01/drain"},
      {"impact compute02", R"({"op":"impact","host":"compute02"})", "/v1/hosts/compute02/impact"},
      {"doctor", R"({"op":"doctor"})", "/v1/doctor"},
      {"stats", R"({"op":"stats"})", "/v1/stats", true},
  };
  for (const Case& c : cases) {
    INFO(c.line);
    const auto answer = http.get(c.target);
    CHECK(answer.status == 200);
    CHECK_THAT(answer.head, Catch::Contains("Content-Type: application/json"));
    const std::string told = ageless(answer.body);
    CHECK_FALSE(Json::parse(told).contains("error"));
    CHECK(ageless(zmq.ask(c.request)) == told);
    CHECK(ageless(asked.run(c.line + " -o json --connect " + asked.http).out) == told);
    CHECK(ageless(asked.run(c.line + " -o json --connect " + asked.zmq).out) == told);
    const std::string state = " --state " + asked.path("s");
    if (!c.of_the_program) CHECK(ageless(asked.run(c.line + " -o json" + state).out) == told);
    const Ran table = asked.run(c.line + " --connect " + asked.zmq);
    CHECK(table.exit == 0);
    if (!c.of_the_program) CHECK(table.out == asked.run(c.line + state).out);
  }
}

TEST_CASE("What cannot be answered is told alike, each way in its own form") {
  const Asked asked;
  HttpClient http(asked.http);
  Requester zmq(asked.zmq, zmq::socket_type::req);
  struct Case {
    std::string line;
    std::string request;
    std::string target;
    int status;
    std::string code;
    int exit;
  };
  const Case cases[] = {
      {"where nobody", R"({"op":"where","instance":"nobody"})", "/v1/instances/nobody", 404,
       "not_found", 1},
      {"host nowhere", R"({"op":"host","host":"nowhere"})", "/v1/hosts/nowhere", 404, "not_found",
       1},
      {"where demo-a --at noon", R"({"op":"where","instance":"demo-a","at":"noon"})",
       "/v1/instances/demo-a?at=noon", 400, "wrong_usage", 2},
      {"changes --since 99999", R"({"op":"changes","since":99999})", "/v1/changes?since=99999", 400,
       "wrong_usage", 2},
      {"changes --limit few", R"({"op":"changes","limit":"few"})", "/v1/changes?limit=few", 400,
       "wrong_usage", 2},
      {"report cats", R"({"op":"report","report":"cats"})", "/v1/reports/cats", 400, "wrong_usage",
       2},
  };
  for (const Case& c : cases) {
    INFO(c.line);
    const auto answer = http.get(c.target);
    CHECK(answer.status == c.status);
    CHECK_THAT(answer.head, Catch::Contains("Content-Type: application/problem+json"));
    const Json problem = Json::parse(answer.body);
    CHECK(problem["status"] == c.status);
    CHECK(problem["type"] == "about:blank");
    CHECK(problem["code"] == c.code);
    CHECK(problem["sequence"].is_number());
    const Json told = Json::parse(zmq.ask(c.request));
    CHECK(told["error"]["code"] == c.code);
    CHECK(told["error"]["message"] == problem["detail"]);
    const Ran local = asked.run(c.line + " --state " + asked.path("s"));
    CHECK(local.exit == c.exit);
    for (const std::string& url : {asked.http, asked.zmq}) {
      const Ran ran = asked.run(c.line + " --connect " + url);
      CHECK(ran.exit == c.exit);
      CHECK(ran.out.empty());
      CHECK(ran.err == local.err);
    }
  }
  const auto detail = [&](const std::string& target) {
    HttpClient client(asked.http);  // where there is no route it is closed
    const auto answer = client.get(target);
    const Json problem = Json::parse(answer.body);
    CHECK(problem["status"] == answer.status);
    return std::to_string(answer.status) + " " + problem["detail"].get<std::string>();
  };
  CHECK_THAT(detail("/v1/hosts?hots=1"), Catch::StartsWith("400 ") && Catch::Contains("'hots'"));
  CHECK_THAT(detail("/v1/instances/%zz"), Catch::StartsWith("400 "));
  CHECK_THAT(detail("/v1/nothing"), Catch::StartsWith("404 "));
  CHECK_THAT(detail("/v1/instances/"), Catch::StartsWith("404 "));
  CHECK_THAT(detail("/v1/instances/demo-a/history/more"), Catch::StartsWith("404 "));
  HttpClient posting(asked.http);
  const auto posted = posting.post("/v1/hosts", "{}");
  CHECK(posted.status == 405);
  CHECK_THAT(posted.head, Catch::Contains("Allow: GET"));
}

TEST_CASE("A question that fits several instances has them as candidates, over HTTP as 409") {
  const Asked asked;
  HttpClient http(asked.http);
  for (const std::string one : {"1111", "2222"}) {
    const std::string event =
        R"({"message_id":")" + one +
        R"(","event_type":"compute.instance.power_on.end","generated":"2026-11-22T12:00:00",)"
        R"("traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-1bd31159)" +
        one + R"("],["display_name",1,"twin"]],"raw":{}})";
    HttpClient source(asked.source);
    CHECK(source.post("/v1/events", event).status == 200);
  }
  const auto answer = http.get("/v1/instances/twin");
  CHECK(answer.status == 409);
  CHECK(Json::parse(answer.body)["candidates"].size() == 2);
  Requester zmq(asked.zmq, zmq::socket_type::req);
  CHECK(Json::parse(zmq.ask(R"({"op":"where","instance":"twin"})"))["error"]["candidates"] ==
        Json::parse(answer.body)["candidates"]);
  CHECK(asked.run("where twin --connect " + asked.http).exit == 1);
}

TEST_CASE("Over ZeroMQ each request has one answer, whatever it is, and many may be open") {
  const Asked asked;
  Requester dealer(asked.zmq, zmq::socket_type::dealer);
  for (const char* const bad : {"", "{", "[]", "{}", R"({"op":7})", R"({"op":"whence"})",
                                R"({"op":"hosts","x":1})", "\xff\xfe"}) {
    const Json answer = Json::parse(dealer.ask(bad));
    CHECK(answer["error"]["code"] == "wrong_usage");
  }
  // With the empty frame that a REQ socket puts first, and more behind it.
  dealer.socket.send(zmq::str_buffer("mine"), zmq::send_flags::sndmore);
  dealer.socket.send(zmq::str_buffer(""), zmq::send_flags::sndmore);
  dealer.socket.send(zmq::str_buffer(R"({"op":"hosts"})"), zmq::send_flags::none);
  CHECK(dealer.receive() == "mine");
  CHECK(dealer.receive().empty());
  CHECK(Json::parse(dealer.receive()).contains("hosts"));
  constexpr int kMany = 500;
  for (int i = 0; i < kMany; ++i) dealer.socket.send(zmq::str_buffer(R"({"op":"changes"})"));
  for (int i = 0; i < kMany; ++i) {
    const Json answer = Json::parse(dealer.receive());
    CHECK((answer.contains("changes") || answer["error"]["code"] == "unavailable"));
  }
  // One that is too large costs its sender the connection, and nobody else anything.
  dealer.socket.send(zmq::buffer(std::string(100'000, ' ')));
  Requester other(asked.zmq, zmq::socket_type::req);
  CHECK(Json::parse(other.ask(R"({"op":"stats"})")).contains("stats"));
}

TEST_CASE("All changes are more than a daemon gives at once, and are the same as the directory's") {
  const Asked asked("boot");
  std::string lines;
  constexpr int kMany = 3'500;  // each with three records
  for (int i = 0; i < kMany; ++i) {
    const std::string digits = std::to_string(100'000 + i);
    lines += R"({"message_id":"many-)" + digits +
             R"(","event_type":"compute.instance.create.end","generated":"2026-11-22T12:00:00",)" +
             R"("traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-1bd315)" + digits +
             R"("],["host",1,"compute.node-1"],["state",1,"active"]],"raw":{}})" + "\n";
  }
  HttpClient source(asked.source);
  REQUIRE(source.post("/v1/events", lines).status == 200);
  const Json local =
      Json::parse(asked.run("changes --limit all -o json --state " + asked.path("s")).out);
  REQUIRE(local["changes"].size() > 10'000);
  CHECK(local["next_since"] == local["changes"].size());
  HttpClient http(asked.http);
  CHECK(Json::parse(http.get("/v1/changes?limit=all").body)["changes"].size() == 10'000);
  for (const std::string& url : {asked.http, asked.zmq}) {
    const Ran all = asked.run("changes --limit all -o json --connect " + url);
    CHECK(all.exit == 0);
    CHECK(ageless(all.out) == ageless(local.dump()));
    const std::string since = std::to_string(local["changes"].size() - 1);
    const Json one = Json::parse(
        asked.run("changes --limit all -o json --since " + since + " --connect " + url).out);
    CHECK(one["changes"].size() == 1);
  }
}

TEST_CASE("A daemon that cannot answer now is told apart from one whose state cannot be read") {
  struct Case {
    std::string code;
    int exit;
  };
  for (const Case& c : {Case{"unavailable", 4}, Case{"unreadable", 3}, Case{"store_error", 3},
                        Case{"not_found", 1}, Case{"of_the_future", 4}}) {
    INFO(c.code);
    const Shell shell;
    zmq::context_t context{1};
    zmq::socket_t socket(context, zmq::socket_type::rep);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 60'000);
    socket.bind("tcp://127.0.0.1:*");
    const std::string address = "zmq+" + socket.get(zmq::sockopt::last_endpoint);
    std::jthread other([&] {
      zmq::message_t request;
      if (!socket.recv(request)) return;
      socket.send(zmq::buffer(R"({"error":{"code":")" + c.code + R"(","message":"so it is"}})"));
    });
    const Ran ran = shell.run("where web --connect " + address);
    CHECK(ran.exit == c.exit);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::Contains("so it is"));
  }
}

TEST_CASE("Without a state directory everything is answered but what only a store knows") {
  const Shell shell;
  DaemonProcess daemon({"--source", "http://127.0.0.1:0", "--listen", "zmq+router://127.0.0.1:0"});
  HttpClient source(daemon.address());
  const std::string address = daemon.address();
  for (const std::string& line : lines_of(testing::file_of("boot", "nova.bodies.jsonl"))) {
    CHECK(source.post("/v1/events", line).status == 200);
  }
  Requester zmq(address, zmq::socket_type::req);
  CHECK(Json::parse(zmq.ask(R"({"op":"instances"})"))["instances"].size() > 0);
  CHECK(Json::parse(zmq.ask(R"({"op":"changes"})"))["compacted"] == true);
  CHECK(Json::parse(zmq.ask(R"({"op":"doctor"})")).contains("error"));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

TEST_CASE("Source and listener share an address, with one token: beyond loopback it is a must") {
  const Shell shell;
  const std::string tokens = shell.file("tokens", "secret\n");
  std::filesystem::permissions(tokens, std::filesystem::perms::owner_read);
  const std::string free = [] {
    zmq::context_t context{1};
    zmq::socket_t socket(context, zmq::socket_type::pull);
    socket.bind("tcp://127.0.0.1:*");
    const std::string bound = socket.get(zmq::sockopt::last_endpoint);
    return "http" + bound.substr(bound.find("://"));
  }();
  const std::string url = free + "?token_file=" + tokens;
  const Ran differs = shell.run("serve --source " + free + " --listen '" + url + "'");
  CHECK(differs.exit == 2);
  CHECK_THAT(differs.err, Catch::Contains("give both the same"));
  const Ran open = shell.run("serve --source " + free + " --listen http://0.0.0.0:0");
  CHECK(open.exit == 2);
  CHECK_THAT(open.err, Catch::Contains("a token_file is wanted"));
  const Ran keyless = shell.run("serve --source " + free + " --listen zmq+router://0.0.0.0:0");
  CHECK(keyless.exit == 2);
  CHECK_THAT(keyless.err, Catch::Contains("curve=DIR"));

  DaemonProcess daemon({"--source", url, "--listen", url});
  CHECK(daemon.address() == free);
  CHECK(daemon.await("") == "ready");  // the address once
  HttpClient client(free);
  CHECK(client.get("/v1/hosts").status == 401);
  HttpClient with(free);
  CHECK(with.get("/v1/hosts", "Authorization: Bearer secret\r\n").status == 200);
  const Ran refused = shell.run("hosts --connect " + free);
  CHECK(refused.exit == 4);
  CHECK_THAT(refused.err, Catch::Contains("a token is wanted") && Catch::Contains(free));
  CHECK(shell.run("hosts --connect '" + url + "'").exit == 0);
}

TEST_CASE("With CURVE a question is answered to whose key is known") {
  const Shell shell;
  REQUIRE(shell.run("keygen " + shell.path("server")).exit == 0);
  REQUIRE(shell.run("keygen " + shell.path("client")).exit == 0);
  std::filesystem::copy(shell.path("server/public.key"), shell.path("client/server.key"));
  DaemonProcess daemon({"--source", "zmq+pull://127.0.0.1:0", "--listen",
                        "zmq+router://127.0.0.1:0?curve=" + shell.path("server")});
  daemon.await("listening");
  const std::string address = daemon.address();
  const std::string line =
      "hosts --connect '" + address + "?timeout=1&curve=" + shell.path("client") + "'";
  CHECK(shell.run(line).exit == 4);
  std::filesystem::copy(shell.path("client/public.key"), shell.path("server/clients/c.key"));
  CHECK(shell.run("hosts --connect '" + address + "?curve=" + shell.path("client") + "'").exit ==
        0);
}

TEST_CASE("Libraries are loaded when they are needed: without one, who needs it says so") {
  const Shell shell;
  shell.file("libzmq.so.5", "");
  shell.file("libcurl.so.4", "");
  setenv("LD_LIBRARY_PATH", shell.path(".").c_str(), 1);
  for (const auto& [line, library] :
       {std::pair{"hosts --connect zmq+tcp://127.0.0.1:1", "libzmq"},
        {"watch --connect zmq+tcp://127.0.0.1:1", "libzmq"},
        {"serve --source zmq+pull://127.0.0.1:0", "libzmq"},
        {"serve --source http://127.0.0.1:0 --sink zmq+push://127.0.0.1:1", "libzmq"},
        {"hosts --connect http://127.0.0.1:1", "libcurl"}}) {
    CAPTURE(line);
    const Ran ran = shell.run(line);
    CHECK(ran.exit != 0);
    CHECK_THAT(ran.err, Catch::Contains(library + std::string(" cannot be used: ")));
    CHECK(testing::lines(ran.err) == 1);
  }
  CHECK_THAT(shell.run("keygen " + shell.path("keys")).err,
             Catch::Contains("libzmq cannot be used: "));
  CHECK(shell.run("replay /dev/null").exit == 0);
  unsetenv("LD_LIBRARY_PATH");
}

TEST_CASE("Whom to ask is told once, and who does not answer is told in one line") {
  const Shell shell;
  struct Case {
    std::string line;
    int exit;
    std::string message;
  };
  const Case cases[] = {
      {"hosts", 2, "--state DIR or --connect URL, one of them"},
      {"instances --state active", 3, "no state in active"},
      {"hosts --state " + shell.path("") + " --connect http://127.0.0.1:1", 2, "one of them"},
      {"hosts --connect ftp://127.0.0.1:1", 2, "it is asked over"},
      {"hosts --connect 'http://127.0.0.1:1?tokenfile=x'", 2, "did you mean 'token_file'?"},
      {"hosts --connect 'http://127.0.0.1:1?timeout=0'", 2, "timeout is 1 to 3600"},
      {"hosts --connect http://127.0.0.1:1", 4, "http://127.0.0.1:1: "},
      {"hosts --connect 'zmq+tcp://127.0.0.1:1?timeout=1'", 4, "does not answer"},
      {"hosts --connect zmq+tcp://127.0.0.1", 2, "a host and a port"},
  };
  for (const Case& c : cases) {
    INFO(c.line);
    const Ran ran = shell.run(c.line);
    CHECK(ran.exit == c.exit);
    CHECK(ran.out.empty());
    CHECK(testing::lines(ran.err) == 1);
    CHECK_THAT(ran.err, Catch::Contains(c.message));
  }
}

TEST_CASE("Who answers what no vmtrail does is told in one line, whatever was asked") {
  zmq::context_t context(1);
  zmq::socket_t stranger(context, zmq::socket_type::rep);
  stranger.set(zmq::sockopt::linger, 0);
  stranger.bind("tcp://127.0.0.1:*");
  const std::string port =
      stranger.get(zmq::sockopt::last_endpoint).substr(sizeof "tcp://127.0.0.1");
  std::string answer;
  std::jthread answers([&](const std::stop_token& stop) {
    stranger.set(zmq::sockopt::rcvtimeo, 20);
    while (!stop.stop_requested()) {
      zmq::message_t asked;
      if (stranger.recv(asked)) stranger.send(zmq::buffer(answer), zmq::send_flags::none);
    }
  });
  const Shell shell;
  for (const char* const one : {"{}", R"({"instance":7,"hosts":{},"facts":"x","next_since":-1})"}) {
    answer = one;
    for (const char* const question :
         {"where a", "host a", "history a", "explain a", "instances", "changes",
          "changes --limit all", "drain a", "impact a", "report hosts", "doctor", "stats"}) {
      INFO(question << ": " << answer);
      const Ran ran = shell.run(std::string(question) + " --connect zmq+tcp://127.0.0.1:" + port);
      CHECK(ran.exit == 4);
      CHECK_THAT(ran.err, Catch::EndsWith(": answers as no vmtrail does\n"));
      CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    }
  }
}

TEST_CASE("Listeners of a configuration are checked where they stand") {
  const Shell shell;
  const std::string head = "sources: http://127.0.0.1:0\nlisten:\n- http://127.0.0.1:0\n- ";
  const std::string right = shell.file("right.yaml", head + "zmq+router://127.0.0.1:0\n");
  const Ran checked = shell.run("serve --check-config --config " + right);
  CHECK(checked.exit == 0);
  CHECK_THAT(checked.out, Catch::StartsWith("1 source, 0 sinks, 2 listeners, "));
  const std::string wrong = shell.file("wrong.yaml", head + "zmq+ruoter://127.0.0.1:0\n");
  const Ran refused = shell.run("serve --check-config --config " + wrong);
  CHECK(refused.exit == 2);
  CHECK_THAT(refused.err,
             Catch::Contains("wrong.yaml:4:3: ") && Catch::Contains("did you mean 'zmq+router:'?"));
}

}  // namespace
}  // namespace vmtrail
