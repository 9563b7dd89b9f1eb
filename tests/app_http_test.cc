// SPDX-License-Identifier: Apache-2.0
// The daemon over HTTP: its health, what it counts, and what it says while it cannot write.

#include <catch2/catch.hpp>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/shell.h"
#include "tests/sql.h"

namespace vmtrail {
namespace {

using testing::DaemonProcess;
using testing::execute;
using testing::HttpClient;
using testing::lines_of;
using testing::Shell;

TEST_CASE("The daemon tells its health, and is not ready while it cannot write: then it goes on") {
  const Shell shell;
  const std::string state = shell.path("s");
  auto lines = lines_of(testing::file_of("boot", "nova.bodies.jsonl"));
  const std::string last = lines.back();  // a copy of one that was sent would write no id
  lines.pop_back();
  DaemonProcess daemon({"--source", "http://127.0.0.1:0", "--state", state});
  const std::string address = daemon.address();
  daemon.await("ready");
  HttpClient client(address);
  CHECK(client.get("/healthz").status == 200);
  CHECK(client.get("/readyz").status == 200);
  for (const std::string& line : lines) CHECK(client.post("/v1/events", line).status == 200);
  CHECK_THAT(client.get("/metrics").body, Catch::Contains("vmtrail_"));

  execute(state, "ALTER TABLE meta RENAME TO away");
  HttpClient waiting(address);
  waiting.send("POST /v1/events HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(last.size()) + "\r\n\r\n" + last);
  testing::await([&] { return client.get("/readyz").status == 503; });
  CHECK(client.get("/healthz").status == 200);
  execute(state, "ALTER TABLE away RENAME TO meta");
  const auto answer = waiting.receive();
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Catch::Contains("\"duplicate\":0"));
  CHECK(client.get("/readyz").status == 200);
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK(shell.run("store check --state " + state).exit == 0);
}

TEST_CASE("A state that is moved away is missed, and nothing is taken until it is back") {
  const Shell shell;
  const std::string state = shell.path("s");
  const auto lines = lines_of(testing::file_of("boot", "nova.bodies.jsonl"));
  REQUIRE(lines.size() >= 2);
  DaemonProcess daemon({"--source", "http://127.0.0.1:0?wait=1", "--state", state});
  const std::string address = daemon.address();
  daemon.await("ready");
  HttpClient client(address);
  REQUIRE(client.post("/v1/events", lines[0]).status == 200);
  std::filesystem::rename(state, shell.path("elsewhere"));
  CHECK(client.post("/v1/events", lines[1]).status == 503);
  CHECK_THAT(daemon.await("nothing is acknowledged"), Catch::Contains("moved or deleted"));
  CHECK(client.get("/readyz").status == 503);
  std::filesystem::rename(shell.path("elsewhere"), state);
  testing::await([&] { return client.get("/readyz").status == 200; });
  CHECK(client.post("/v1/events", lines[1]).status == 200);
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  const testing::Ran export_of = shell.run("store export messages --state " + state);
  CHECK(testing::lines(export_of.out) == 2);
}

}  // namespace
}  // namespace vmtrail
