// SPDX-License-Identifier: Apache-2.0
// Reading over HTTP again and again, in small, and from other pages: the daemon's own answers.

#include <sys/stat.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <map>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/shell.h"

namespace vmtrail {
namespace {

using testing::Answer;
using testing::DaemonProcess;
using testing::HttpClient;
using testing::lines_of;
using testing::Shell;

std::string field(const Answer& answer, const std::string& name) {
  const std::size_t at = answer.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return answer.head.substr(begin, answer.head.find('\r', begin) - begin);
}

std::string ageless(std::string body) {
  const std::size_t at = body.find("\"age_s\":");
  if (at != std::string::npos) body.erase(at, body.find_first_of(",}", at) - at);
  return body;
}

std::string unzipped(const std::string& text) {
  z_stream stream{};
  inflateInit2(&stream, MAX_WBITS + 16);
  std::string out(std::size_t{16} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return done == Z_STREAM_END && stream.avail_in == 0 ? out : "no whole gzip stream";
}

const std::vector<std::string> kPaths = {
    "/v1/hosts",
    "/v1/instances",
    "/v1/instances?limit=1",
    "/v1/instances/demo-a",
    "/v1/instances/demo-a?at=1m",
    "/v1/instances/demo-a/history",
    "/v1/instances/demo-a/explain",
    "/v1/instances/demo-a/together",
    "/v1/hosts/compute01",
    "/v1/hosts/compute02/history",
    "/v1/hosts/compute01/drain",
    "/v1/hosts/compute01/impact",
    "/v1/migrations",
    "/v1/changes",
    "/v1/reports/hosts",
    "/v1/stats",
    "/v1/doctor",
};

/// A daemon that knows nothing yet.
struct Asked : Shell {
  explicit Asked(const std::string& options = {})
      : daemon({"--source", "http://127.0.0.1:0", "--listen", "http://127.0.0.1:0" + options,
                "--state", path("s")}) {
    source = daemon.address();
    http = daemon.address();
    daemon.await("ready");
  }
  DaemonProcess daemon;
  std::string source;
  std::string http;
};

TEST_CASE("An answer's ETag is another one exactly when the answer is, but for its age") {
  const Asked asked;
  HttpClient source(asked.source);
  HttpClient http(asked.http);
  struct Seen {
    std::string tag;
    std::string body;
  };
  std::map<std::string, Seen> last;
  std::size_t changed = 0;
  const auto lines = lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  for (std::size_t i = 0; i <= lines.size(); ++i) {
    for (const std::string& path : kPaths) {
      INFO(path << " after " << i << " events");
      Seen& before = last[path];
      const Answer answer = http.get(path, "If-None-Match: " + before.tag + "\r\n");
      if (answer.status == 304) {
        CHECK(field(answer, "ETag") == before.tag);
        CHECK(answer.body.empty());
        CHECK(ageless(http.get(path).body) == before.body);
        continue;
      }
      if (answer.status != 200) continue;  // nobody has heard of it yet
      const std::string tag = field(answer, "ETag");
      CHECK(tag.starts_with("W/\""));
      CHECK(tag != before.tag);
      CHECK(ageless(answer.body) != before.body);
      CHECK(field(answer, "Cache-Control") == "no-cache");
      CHECK(field(answer, "Vary") == "Accept-Encoding");
      before = {tag, ageless(answer.body)};
      ++changed;
      const Answer again = http.get(path, "If-None-Match: \"other\", " + tag + "\r\n");
      CHECK(again.status == 304);
    }
    if (i < lines.size()) REQUIRE(source.post("/v1/events", lines[i]).status == 200);
  }
  CHECK(changed > kPaths.size());
  CHECK(field(http.get("/v1/instances/nobody"), "ETag").empty());
}

TEST_CASE("What is large comes in gzip to who takes it, and is the same: HEAD is GET without it") {
  const Asked asked;
  HttpClient source(asked.source);
  for (const std::string& line : lines_of(testing::file_of("boot", "nova.bodies.jsonl"))) {
    REQUIRE(source.post("/v1/events", line).status == 200);
  }
  HttpClient http(asked.http);
  const std::string path = "/v1/changes";
  const Answer plain = http.get(path, "Accept-Encoding: gzip;q=0, identity\r\n");
  CHECK(plain.status == 200);
  REQUIRE(plain.body.size() > 10'000);
  CHECK(field(plain, "Content-Encoding").empty());
  CHECK(field(http.get(path), "Content-Encoding").empty());

  const Answer small = http.get(path, "Accept-Encoding: br, gzip;q=0.5\r\n");
  CHECK(small.status == 200);
  CHECK(field(small, "Content-Encoding") == "gzip");
  CHECK(field(small, "Vary") == "Accept-Encoding");
  CHECK(field(small, "ETag") == field(plain, "ETag"));
  CHECK(small.body.size() < plain.body.size() / 4);
  CHECK(ageless(unzipped(small.body)) == ageless(plain.body));
  CHECK(http.get(path, "Accept-Encoding: gzip\r\nIf-None-Match: " + field(plain, "ETag") + "\r\n")
            .status == 304);
  CHECK(field(http.get("/v1/hosts", "Accept-Encoding: gzip\r\n"), "Content-Encoding").empty());

  // Of HEAD the length is told and nothing follows: the next answer is the next request's.
  http.send("HEAD " + path +
            " HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string both = http.receive_until("alive");
  const Answer head{200, both.substr(0, both.find("\r\n\r\n") + 4), {}};
  CHECK(both.starts_with("HTTP/1.1 200 OK"));
  CHECK(field(head, "ETag") == field(plain, "ETag"));
  CHECK(std::stoul(field(head, "Content-Length")) > 10'000);
  CHECK_THAT(both.substr(head.head.size()), Catch::StartsWith("HTTP/1.1 200 OK"));
  HttpClient posting(asked.http);
  CHECK(field(posting.post("/v1/hosts", "{}"), "Allow") == "GET, HEAD");
}

const std::string kPage = "Origin: https://a.example\r\n";
const std::string kAsks =
    "Access-Control-Request-Method: GET\r\n"
    "Access-Control-Request-Headers: authorization\r\n";

Answer preflight(const std::string& address, const std::string& path, const std::string& headers) {
  HttpClient client(address);
  client.send("OPTIONS " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  return client.receive();
}

TEST_CASE("No page of another origin reads answers, unless it is configured") {
  const Asked asked;
  HttpClient http(asked.http);
  const Answer read = http.get("/v1/hosts", kPage);
  CHECK(read.status == 200);
  CHECK_THAT(read.head, !Catch::Contains("Access-Control"));
  CHECK_THAT(read.head, !Catch::Contains("Origin"));
  const Answer asks = preflight(asked.http, "/v1/hosts", kPage + kAsks);
  CHECK(asks.status == 405);
  CHECK_THAT(asks.head, !Catch::Contains("Access-Control"));
  CHECK(
      asked.run("serve --source http://127.0.0.1:0 --listen 'http://127.0.0.1:0?cors=here'").exit ==
      2);
}

TEST_CASE("An origin that is named reads answers and problems: others get them without a word") {
  const Shell shell;
  const std::string tokens = shell.file("tokens", "secret\n");
  REQUIRE(chmod(tokens.c_str(), 0600) == 0);
  const Asked asked("?cors=https%3A%2F%2Fa.example&cors=http://b.example:8080&token_file=" +
                    tokens);
  HttpClient http(asked.http);
  const std::string token = "Authorization: Bearer secret\r\n";
  const Answer read = http.get("/v1/hosts", kPage + token);
  CHECK(read.status == 200);
  CHECK(field(read, "Access-Control-Allow-Origin") == "https://a.example");
  CHECK(field(read, "Access-Control-Allow-Credentials") == "true");
  CHECK_THAT(field(read, "Access-Control-Expose-Headers"), Catch::Contains("ETag"));
  CHECK(field(read, "Vary") == "Accept-Encoding, Origin");
  CHECK(field(http.get("/v1/hosts", "Origin: http://b.example:8080\r\n" + token),
              "Access-Control-Allow-Origin") == "http://b.example:8080");
  const Answer missing = http.get("/v1/hosts/none", kPage + token);
  CHECK(missing.status == 404);
  CHECK(field(missing, "Access-Control-Allow-Origin") == "https://a.example");
  const Answer stranger = http.get("/v1/hosts", "Origin: https://b.example\r\n" + token);
  CHECK(stranger.status == 200);
  CHECK_THAT(stranger.head, !Catch::Contains("Access-Control"));
  CHECK(field(stranger, "Vary") == "Accept-Encoding, Origin");
  HttpClient without(asked.http);
  const Answer refused = without.get("/v1/hosts", kPage);
  CHECK(refused.status == 401);
  CHECK(field(refused, "Access-Control-Allow-Origin") == "https://a.example");

  // Before the request a browser asks, without a token.
  const Answer asks = preflight(asked.http, "/v1/hosts", kPage + kAsks);
  CHECK(asks.status == 204);
  CHECK(field(asks, "Access-Control-Allow-Origin") == "https://a.example");
  CHECK(field(asks, "Access-Control-Allow-Methods") == "GET, HEAD");
  CHECK_THAT(field(asks, "Access-Control-Allow-Headers"), Catch::Contains("Authorization"));
  CHECK(field(asks, "Vary") == "Origin");
  CHECK(field(asks, "Content-Length").empty());
  CHECK(preflight(asked.http, "/v1/hosts", "Origin: https://c.example\r\n" + kAsks).status == 401);
  CHECK(preflight(asked.http, "/v1/nothing", kPage + kAsks).status == 401);
  CHECK(preflight(asked.http, "/v1/hosts", kPage).status == 401);
}

TEST_CASE("With cors=* every page reads answers, none with what the browser keeps of its user") {
  const Asked asked("?cors=*");
  HttpClient http(asked.http);
  const Answer read = http.get("/v1/hosts", kPage);
  CHECK(field(read, "Access-Control-Allow-Origin") == "*");
  CHECK_THAT(read.head, !Catch::Contains("Credentials"));
  CHECK(field(read, "Vary") == "Accept-Encoding");
  const Answer asks = preflight(asked.http, "/v1/instances/x/history", "Origin: null\r\n" + kAsks);
  CHECK(asks.status == 204);
  CHECK(field(asks, "Access-Control-Allow-Origin") == "*");
  CHECK_THAT(asks.head, !Catch::Contains("Credentials"));
}

}  // namespace
}  // namespace vmtrail
