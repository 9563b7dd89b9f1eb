// SPDX-License-Identifier: Apache-2.0
// Questions as paths: each way, and back.

#include <catch2/catch.hpp>

#include "io/listeners.h"
#include "io/query_routes.h"

namespace vmtrail {
namespace {

const QueryRoute& route(const std::string& path) {
  for (const QueryRoute& one : query_routes()) {
    if (one.path == path) return one;
  }
  throw std::runtime_error(path);
}

TEST_CASE("A request is a path and a query, and the same request again") {
  using Options = std::vector<std::pair<std::string, std::string>>;
  struct Case {
    std::string op;
    Options options;
    std::string path;
    std::string target;
  };
  const Case cases[] = {
      {"hosts", {}, "/v1/hosts", "/v1/hosts"},
      {"where", {{"instance", "web-1"}}, "/v1/instances/*", "/v1/instances/web-1"},
      {"where",
       {{"instance", "a b/c%?é"}, {"at", "2h ago"}},
       "/v1/instances/*",
       "/v1/instances/a%20b%2Fc%25%3F%C3%A9?at=2h%20ago"},
      {"explain", {{"instance", ".."}}, "/v1/instances/*/explain", "/v1/instances/%2E%2E/explain"},
      {"history", {{"host", "node-3"}}, "/v1/hosts/*/history", "/v1/hosts/node-3/history"},
      {"history",
       {{"instance", "vm"}, {"since", "1h"}},
       "/v1/instances/*/history",
       "/v1/instances/vm/history?since=1h"},
      {"migrations",
       {{"open", "true"}, {"host", "n&1=+"}},
       "/v1/migrations",
       "/v1/migrations?open=true&host=n%261%3D%2B"},
      {"report", {{"report", "hosts"}}, "/v1/reports/*", "/v1/reports/hosts"},
  };
  for (const Case& c : cases) {
    INFO(c.target);
    CHECK(target_of({c.op, c.options}) == c.target);
    const std::size_t mark = std::min(c.target.find('?'), c.target.size());
    const auto request =
        request_of(route(c.path), c.target.substr(0, mark),
                   mark < c.target.size() ? c.target.substr(mark + 1) : std::string());
    REQUIRE(request);
    CHECK(request->op == c.op);
    CHECK(request->options == c.options);
  }
  CHECK(request_of(route("/v1/migrations"), "/v1/migrations", "open&&host=a+b")->options ==
        Options{{"open", "true"}, {"host", "a b"}});
  CHECK(target_of({"where", {}}).error().code == ErrorCode::wrong_usage);
  CHECK(target_of({"whence", {}}).error().code == ErrorCode::wrong_usage);
}

TEST_CASE("What is given twice, or cannot be decoded, is refused") {
  struct Case {
    std::string path;
    std::string query;
    std::string what;
  };
  const Case cases[] = {
      {"/v1/instances/%", "", "hexadecimal"},
      {"/v1/instances/%FF", "", "UTF-8"},
      {"/v1/instances/a", "at=%zz", "hexadecimal"},
      {"/v1/instances/a", "%C0=1", "UTF-8"},
      {"/v1/instances/a", "instance=b", "'instance' is given twice"},
      {"/v1/instances/a", "at=1h&at=2h", "'at' is given twice"},
  };
  for (const Case& c : cases) {
    INFO(c.path << "?" << c.query);
    const auto request = request_of(route("/v1/instances/*"), c.path, c.query);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == ErrorCode::wrong_usage);
    CHECK_THAT(request.error().detail, Catch::Contains(c.what));
  }
}

TEST_CASE("Only listeners that there are can be opened, with their own options") {
  const auto wrong = [](const std::string& url) {
    const auto right = check_listener(*parse_url(url));
    return right ? std::string() : right.error().detail;
  };
  CHECK(wrong("http://127.0.0.1:0?token_file=t") == "");
  CHECK(wrong("zmq+router://127.0.0.1:0?curve=keys") == "");
  CHECK_THAT(wrong("zmq+ruoter://127.0.0.1:0"), Catch::Contains("did you mean 'zmq+router:'?"));
  CHECK_THAT(wrong("http://127.0.0.1:0?tokenfile=t"), Catch::Contains("did you mean"));
  CHECK_THAT(wrong("http://127.0.0.1:0/v1"), Catch::Contains("has its own paths"));
}

}  // namespace
}  // namespace vmtrail
