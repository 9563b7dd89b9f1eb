// SPDX-License-Identifier: Apache-2.0
// The daemon when its state cannot be written: what it says, what it acknowledges, how it goes on;
// and a program that gets no threads.

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::Answer;
using testing::DaemonProcess;
using testing::HttpClient;
using testing::Shell;

std::vector<std::string> messages() {
  return testing::lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
}

/// Everything that was sent is there, each once, as if nothing had happened.
void check_state(const std::string& directory) {
  testing::Machine machine(testing::shipped_rules());
  testing::read(testing::file_of("live_migration", "nova.bodies.jsonl"), machine.dispatcher);
  auto store = Store::open(directory, Store::Access::read);
  REQUIRE(store);
  const auto records = store->records(Sequence{0}, 1'000'000);
  REQUIRE(records);
  std::istringstream wanted(machine.records.text);
  std::string line;
  for (const StoredRecord& record : *records) {
    REQUIRE(std::getline(wanted, line));
    const std::string source = "vmtrail/test";  // as the machine calls itself
    CHECK(record.json == line.replace(line.find(source), source.size(), "vmtrail/default"));
  }
  CHECK_FALSE(std::getline(wanted, line));
  Model model;
  REQUIRE(store->load(model, testing::shipped_rules()));
  CHECK(testing::differences_from_nova(model, "live_migration") == "");
}

void await_status(HttpClient& client, int status) {
  testing::await([&] { return client.get("/readyz").status == status; });
}

TEST_CASE("A disk that is full and then is not: nothing is acknowledged meanwhile, nothing lost") {
  const Shell shell;
  const std::string state = shell.path("s");
  const auto lines = messages();
  DaemonProcess daemon({"--source", "http://127.0.0.1:0?wait=1", "--state", state});
  HttpClient client(daemon.address());
  daemon.await("ready");
  std::size_t next = 0;
  for (; next < 20; ++next) REQUIRE(client.post("/v1/events", lines[next]).status == 200);
  daemon.limit_files(std::filesystem::file_size(state + "/vmtrail.db-wal") + (100 << 10));
  Answer answer;
  while ((answer = client.post("/v1/events", lines[next])).status == 200) ++next;
  CHECK(next > 20);
  REQUIRE(next < lines.size());
  CHECK(answer.status == 503);
  CHECK_THAT(answer.head, Catch::Contains("Retry-After: "));
  await_status(client, 503);
  CHECK(client.get("/healthz").status == 200);
  CHECK_THAT(client.get("/metrics").body, Catch::Contains("vmtrail_commit_failing 1"));
  CHECK(client.post("/v1/events", lines[next]).status == 503);
  CHECK_THAT(daemon.await("nothing is acknowledged"), Catch::Contains("vmtrail.db"));

  daemon.limit_files(RLIM_INFINITY);
  await_status(client, 200);
  for (; next < lines.size(); ++next) {
    REQUIRE(client.post("/v1/events", lines[next]).status == 200);
  }
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK_THAT(daemon.output(), Catch::Contains("can be written again") &&
                                  !Catch::Contains("nothing is acknowledged"));
  check_state(state);
}

TEST_CASE("A state that another program has locked is told, asked meanwhile, and written after") {
  const Shell shell;
  const std::string state = shell.path("s");
  const auto lines = messages();
  DaemonProcess daemon({"--source", "http://127.0.0.1:0?wait=1", "--listen", "http://127.0.0.1:0",
                        "--state", state});
  HttpClient client(daemon.address());
  HttpClient asking(daemon.address());
  daemon.await("ready");
  REQUIRE(client.post("/v1/events", lines[0]).status == 200);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((state + "/vmtrail.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(client.post("/v1/events", lines[1]).status == 503);
  const auto ask = [&] {
    for (const char* path : {"/v1/instances", "/v1/hosts", "/v1/changes", "/v1/stats"}) {
      CHECK(asking.get(path).status == 200);
    }
  };
  ask();
  await_status(client, 503);
  ask();
  CHECK_THAT(daemon.await("nothing is acknowledged"), Catch::Contains("locked"));
  sqlite3_close(other);
  await_status(client, 200);
  for (std::size_t next = 1; next < lines.size(); ++next) {
    REQUIRE(client.post("/v1/events", lines[next]).status == 200);
  }
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  check_state(state);
}

TEST_CASE("Where a thread cannot be made the program says so and ends, with all others") {
  const Shell shell;
  // Stacks of a gigabyte, of which there is room for a few.
  const std::string command =
      "ulimit -s 1048576; ulimit -v 6000000; exec timeout 60 '" VMTRAIL_PROGRAM
      "' replay --jobs 16 '" VMTRAIL_FIXTURES "/captures/seed/ceilometer-collector.log' 2>'" +
      shell.path("err") + "' >/dev/null";
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 3);
  CHECK_THAT(shell.contents("err"), Catch::StartsWith("vmtrail: ") && Catch::EndsWith("\n"));
}

}  // namespace
}  // namespace vmtrail
