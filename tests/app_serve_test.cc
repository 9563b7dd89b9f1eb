// SPDX-License-Identifier: Apache-2.0
// The daemon as a process: ready, fed, told to reload, ended.

#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <zmq.hpp>

#include "tests/daemon.h"
#include "tests/live.h"
#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::DaemonProcess;
using testing::lines_of;
using testing::Ran;
using testing::Shell;

struct Bus {
  explicit Bus(const std::string& address) {
    push.connect("tcp" + address.substr(address.find("://")));
  }
  void send(const std::string& message) { push.send(zmq::buffer(message)); }

  zmq::context_t context{1};
  zmq::socket_t push{context, zmq::socket_type::push};
};

/// Takes the records that a daemon pushes.
struct Records {
  Records() {
    pull.bind("tcp://127.0.0.1:*");
    pull.set(zmq::sockopt::rcvtimeo, 60'000);
    const std::string bound = pull.get(zmq::sockopt::last_endpoint);
    url = "zmq+push" + bound.substr(bound.find("://"));
  }
  /// The next record's text.
  std::string next() {
    std::string text;
    zmq::message_t frame;
    do {
      if (!pull.recv(frame)) throw std::runtime_error("no record came");
      text = frame.to_string();
    } while (frame.more());
    return text;
  }

  zmq::context_t context{1};
  zmq::socket_t pull{context, zmq::socket_type::pull};
  std::string url;
};

std::vector<std::string> messages(const std::string& scenario) {
  return lines_of(testing::file_of(scenario, "nova.bodies.jsonl"));
}

/// What vmtrail replay says of the same messages.
std::uint64_t records_of(const std::string& scenario) {
  testing::Machine machine(testing::shipped_rules());
  testing::read(testing::file_of(scenario, "nova.bodies.jsonl"), machine.dispatcher);
  return machine.records.sequence;
}

TEST_CASE("Each capture through the daemon ends as Nova's database, and SIGTERM ends it with 0") {
  for (const std::string& scenario : testing::scenarios()) {
    INFO(scenario);
    const Shell shell;
    Records records;
    DaemonProcess daemon(
        {"--source", "zmq+pull://127.0.0.1:0", "--sink", records.url, "--state", shell.path("s")});
    Bus bus(daemon.address());
    daemon.await("ready");
    for (const std::string& message : messages(scenario)) bus.send(message);
    std::string last;
    for (std::uint64_t i = records_of(scenario); i > 0; --i) last = records.next();
    CHECK_THAT(last, Catch::Contains("\"id\":\"" + std::to_string(records_of(scenario)) + "\""));
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(daemon.output() == "");
    auto store = Store::open(shell.path("s"), Store::Access::read);
    REQUIRE(store);
    Model model;
    REQUIRE(store->load(model, testing::shipped_rules()));
    CHECK(testing::differences_from_nova(model, scenario) == "");
    CHECK(*store->cursor(records.url) == model.sequence());
  }
}

TEST_CASE("A restart goes on with the sequence, and the sink's file has each record once") {
  const Shell shell;
  const std::string file = shell.path("records");
  for (const char* scenario : {"boot", "live_migration", "boot", "delete"}) {
    DaemonProcess daemon({"--source", "zmq+pull://127.0.0.1:0", "--sink", "file://" + file,
                          "--state", shell.path("s")});
    const std::string address = daemon.address();
    daemon.await("ready");
    {
      Bus bus(address);
      for (const std::string& message : messages(scenario)) bus.send(message);
      bus.push.close();
      bus.context.close();  // returns when all is with the daemon's machine
    }
    daemon.signal(SIGINT);
    CHECK(daemon.wait() == 0);
  }
  const auto lines = lines_of(file);
  auto store = Store::open(shell.path("s"), Store::Access::read);
  REQUIRE(store);
  const auto stored = store->records(Sequence{0}, 1'000'000);
  REQUIRE(stored);
  REQUIRE(lines.size() == stored->size());
  REQUIRE_FALSE(lines.empty());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == (*stored)[i].json);
}

TEST_CASE("The second daemon on one state directory says so and exits, also after a crash") {
  const Shell shell;
  const std::vector<std::string> arguments = {"--source", "zmq+pull://127.0.0.1:0", "--state",
                                              shell.path("s")};
  {
    DaemonProcess first(arguments);
    first.await("ready");
    DaemonProcess second(arguments);
    CHECK(second.wait() == 3);
    CHECK_THAT(second.output(), Catch::Contains("another vmtrail (process ") &&
                                    Catch::Contains("keeps its state here"));
    first.signal(SIGKILL);
    CHECK(first.wait() == 128 + SIGKILL);
  }
  DaemonProcess third(arguments);
  third.await("ready");
}

TEST_CASE("SIGHUP reads rules and log level again: a file that is wrong changes nothing") {
  const Shell shell;
  const std::string good =
      "version: 1\nrules:\n- {id: mine, events: [compute.instance.x], why: y}\n";
  shell.file("site.yaml", good);
  const std::string sources = "sources: zmq+pull://127.0.0.1:0\nrules: [site.yaml]\n";
  shell.file("c.yaml", sources + "log: {format: json}\n");
  Records records;
  DaemonProcess daemon({"--config", shell.path("c.yaml"), "--sink", records.url});
  Bus bus(daemon.address());
  daemon.await("ready");
  const auto all = messages("live_migration");
  const std::size_t half = all.size() / 2;
  for (std::size_t i = 0; i < half; ++i) bus.send(all[i]);
  shell.file("site.yaml", "version: 1\nrules:\n- {id: mine, evnets: [x], why: y}\n");
  daemon.signal(SIGHUP);
  const std::string bad = daemon.await("nothing is changed");
  CHECK_THAT(bad, Catch::Contains("site.yaml:3:14") && Catch::Contains("unknown key 'evnets'"));
  CHECK(nlohmann::json::parse(bad)["level"] == "error");
  shell.file("site.yaml", good);
  shell.file("c.yaml", sources + "log: {level: loud}\n");
  daemon.signal(SIGHUP);
  daemon.await("unknown level 'loud'");
  shell.file("c.yaml", sources);
  daemon.signal(SIGHUP);
  daemon.await("the rules were read again");
  for (std::size_t i = half; i < all.size(); ++i) bus.send(all[i]);
  for (std::uint64_t i = records_of("live_migration"); i > 0; --i) records.next();
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

TEST_CASE("short_hosts of a configuration joins a host's names with and without its domain") {
  const auto powered_on = [](const std::string& id, const std::string& host) {
    return R"({"message_id":"m)" + id +
           R"(","event_type":"compute.instance.power_on.end","generated":"2026-11-22T12:00:00",)"
           R"("traits":[["instance_id",1,"87be4b45-e214-4ca3-8f5c-1bd31159f9e)" +
           id + R"("],["service",1,"compute"],["host",1,")" + host + R"("]]})";
  };
  for (const bool joined : {false, true}) {
    const Shell shell;
    Records records;
    shell.file("c.yaml", "sources: zmq+pull://127.0.0.1:0\nstate: s\nsinks: '" + records.url +
                             "'\nshort_hosts: " + (joined ? "true\n" : "false\n"));
    DaemonProcess daemon({"--config", shell.path("c.yaml")});
    Bus bus(daemon.address());
    daemon.await("ready");
    bus.send("[" + powered_on("1", "cmp-1") + "," + powered_on("2", "cmp-1.example.org") + "]");
    while (records.next().find("bd31159f9e2") == std::string::npos) {
    }
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    auto store = Store::open(shell.path("s"), Store::Access::read);
    REQUIRE(store);
    const auto options = store->model_options();
    REQUIRE(options);
    Model model(*options);
    REQUIRE(store->load(model, testing::shipped_rules()));
    CHECK(model.hosts().size() == (joined ? 1 : 2));
    // Whoever asks the directory sees the same.
    const Ran ran = shell.run("host cmp-1 -o json --state " + shell.path("s"));
    CHECK(ran.exit == 0);
    CHECK(nlohmann::json::parse(ran.out)["host"]["instances"].size() == (joined ? 2 : 1));
  }
}

TEST_CASE("The service manager is told of readiness and of the end") {
  const Shell shell;
  const std::string path = shell.path("notify");
  const int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), address.sun_path);
  REQUIRE(bind(notify, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  DaemonProcess daemon({"--source", "zmq+pull://127.0.0.1:0"});
  unsetenv("NOTIFY_SOCKET");
  const auto told = [&] {
    char text[64];
    const ssize_t size = recv(notify, text, sizeof text, 0);
    return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  };
  CHECK(told() == "EXTEND_TIMEOUT_USEC=3600000000");
  CHECK(told() == "READY=1");
  daemon.signal(SIGTERM);
  CHECK(told() == "STOPPING=1");
  CHECK(daemon.wait() == 0);
  close(notify);
}

TEST_CASE("A configuration that is wrong says where and what: the sample is right") {
  const Shell shell;
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"sources: zmq+pull://127.0.0.1:5555\nlgo: {}\n",
       "c.yaml:2:1: unknown key 'lgo'; expected state, "},
      {"sources:\n- zmq+pull://127.0.0.1:5555\n- zmq+pul://127.0.0.1:1\n",
       "c.yaml:3:3: zmq+pul://127.0.0.1:1: there is no source 'zmq+pul:'; did you mean"},
      {"sources: zmq+pull://127.0.0.1:5555\nsinks: ['stdout:', 'stdout:?tpyes=x']\n",
       "c.yaml:2:20: stdout:?tpyes=x: unknown option 'tpyes'; did you mean 'types'"},
      {"sources: zmq+pull://127.0.0.1:1\nlog:\n  level: loud\n",
       "c.yaml:3:10: unknown level 'loud'; expected debug, info, warning, error"},
      {"sources: zmq+pull://127.0.0.1:1\nhorizon: long\n", "c.yaml:2:10: 'horizon' must be a"},
      {"sources: zmq+pull://127.0.0.1:1\nbatch: {events: 0}\n", "'events' must be at least 1"},
      {"sources: [zmq+pull://127.0.0.1:1\n", "c.yaml:2:1: "},
      {"sources: zmq+pull://127.0.0.1:1\nsinks:\n- stdout:\n",
       "c.yaml:3:3: a URL with a ':' at its"},
      {"- 1\n", "c.yaml:1:1: a configuration must be a map"},
      {"state: x\n", "no source is given"},
      {"sources: [zmq+pull://127.0.0.1:1, zmq+pull://127.0.0.1:1]\n", "is given twice"},
      {"sources: zmq+pull://me:s3cret@127.0.0.1:1\n", "c.yaml:1:10: zmq+pull: a URL may not hold"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    shell.file("c.yaml", c.text);
    const Ran ran = shell.run("serve --check-config --config " + shell.path("c.yaml"));
    CHECK(ran.exit == 2);
    CHECK_THAT(ran.err, Catch::Contains(c.message) && !Catch::Contains("s3cret"));
    CHECK(testing::lines(ran.err) == 1);
  }
  // A second document would be overlooked.
  shell.file("c.yaml", "sources: zmq+pull://127.0.0.1:1\n---\nsinks: 'stdout:'\n");
  const Ran two = shell.run("serve --check-config --config " + shell.path("c.yaml"));
  CHECK(two.exit == 2);
  CHECK_THAT(two.err, Catch::Contains("a second document"));
  const Ran sample =
      shell.run("serve --check-config --config '" VMTRAIL_SOURCE "/examples/vmtrail.yaml'");
  CHECK(sample.err == "");
  CHECK(sample.exit == 0);
  CHECK(shell.run("serve --config " + shell.path("gone")).exit == 3);
  CHECK(shell.run("serve --source zmq+pull://0.0.0.0:0").exit == 2);
}

TEST_CASE("A check of the configuration refuses what a start would, and opens nothing") {
  const Shell shell;
  const std::string some = "--source zmq+pull://127.0.0.1:1 ";
  struct Case {
    std::string urls;
    int exit;
    const char* message;
  };
  const Case cases[] = {
      {"--source 'amqp://me@h/?password_file=/gone'", 3, "/gone: No such file"},
      {"--source 'amqp://h/?prefetch=0'", 2, "prefetch is 1 to 65535 messages, not '0'"},
      {"--source 'amqp://h/?durable=maybe'", 2, "durable is yes or no, not 'maybe'"},
      {"--source zmq+pull://0.0.0.0:1", 2, "would let in anyone"},
      {"--source 'zmq+pull://127.0.0.1:1?hwm=many'", 2, "hwm is 1 to 1000000 messages"},
      {"--source 'zmq+pull://127.0.0.1:1?curve=/gone'", 3, "/gone/public.key: No such file"},
      {"--source 'file:///x?follow=always'", 2, "follow is yes or no"},
      {"--source 'http://127.0.0.1:1?wait=0'", 2, "wait is 1 to 3600 seconds"},
      {"--source 'https://127.0.0.1:1?cert=/gone&key=/gone'", 3, "/gone: No such file"},
      {some + "--sink 'file:///x?rotate=0'", 2, "rotate wants a size"},
      {some + "--sink 'https://h/?cacert=/gone'", 3, "/gone: No such file"},
      {some + "--sink 'amqps://h/'", 2, "cacert=FILE is wanted"},
      {some + "--sink zmq+pub://0.0.0.0:2", 2, "would let in anyone"},
      {some + "--listen 'http://127.0.0.1:1?connections=0'", 2, "connections is 1 to"},
      {some + "--listen http://0.0.0.0:2", 2, "a token_file is wanted"},
      {"--source http://127.0.0.1:1 --listen 'http://127.0.0.1:1?max_body=9'", 2,
       "shares its address with"},
  };
  for (const Case& c : cases) {
    INFO(c.urls);
    const Ran ran = shell.run("serve --check-config " + c.urls);
    CHECK(ran.exit == c.exit);
    CHECK_THAT(ran.err, Catch::Contains(c.message));
    CHECK(testing::lines(ran.err) == 1);
    CHECK(ran.out == "");
  }
  // Of a shared address both say the same, whatever it is.
  CHECK(shell
            .run("serve --check-config --source 'http://127.0.0.1:1?cors=*' "
                 "--listen 'http://127.0.0.1:1?cors=*'")
            .exit == 0);
  const Ran right =
      shell.run("serve --check-config --beyond-loopback --state " + shell.path("state") +
                " --source 'zmq+pull://0.0.0.0:1?connect=no' --listen http://0.0.0.0:2");
  CHECK(right.exit == 0);
  CHECK_FALSE(std::filesystem::exists(shell.path("state")));
}

TEST_CASE("A reload names what has changed and holds after a restart alone") {
  const Shell shell;
  const std::string sources = "sources: zmq+pull://127.0.0.1:0\n";
  const std::string config = shell.file("c.yaml", sources);
  DaemonProcess daemon({"--config", config});
  daemon.await("ready");
  shell.file("c.yaml", sources +
                           "listen: http://127.0.0.1:0\nlog: {level: info, format: json}\n"
                           "retention: {records: 7d}\nbatch: {events: 50000}\n");
  daemon.signal(SIGHUP);
  const std::string line = daemon.await("as at the start until a restart: ");
  CHECK_THAT(line, Catch::EndsWith(": listen, log.format, retention"));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

TEST_CASE("Files that a configuration names stand beside it") {
  const Shell shell;
  std::filesystem::create_directory(shell.path("there"));
  CHECK(shell.run("keygen " + shell.path("there/keys")).exit == 0);
  const std::string config = shell.file(
      "there/c.yaml",
      "sources: zmq+pull://0.0.0.0:1?curve=./keys\nlisten: zmq+router://0.0.0.0:2?curve=keys\n");
  CHECK(shell.run("serve --check-config --config " + config).exit == 0);
}

}  // namespace
}  // namespace vmtrail
