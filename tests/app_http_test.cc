// SPDX-License-Identifier: Apache-2.0
// The daemon over HTTP: its health, what it counts, and what it says while it cannot write.

#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::DaemonProcess;
using testing::HttpClient;
using testing::lines_of;
using testing::Shell;

void execute(const std::string& state, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((state + "/vmtrail.db").c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

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
  while (client.get("/readyz").status != 503) {
  }
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

}  // namespace
}  // namespace vmtrail
