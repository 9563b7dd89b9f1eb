// SPDX-License-Identifier: Apache-2.0
// Records posted to a receiver, which is away, refuses, and is back.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/http_servers.h"
#include "io/sinks.h"
#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::Scratch;

/// Takes what is posted to /records, or does not.
class Endpoint {
 public:
  explicit Endpoint(const std::string& options = {}) {
    const auto url = parse_url("http://127.0.0.1:0" + options);
    server_ = *servers_.at(*url, *http_options(*url, false));
    server_->add({.method = "POST",
                  .path = "/records",
                  .take = [this](const HttpRequest& request, const HttpReply& reply) {
                    const std::lock_guard lock(mutex_);
                    if (refusals_ > 0) {
                      --refusals_;
                      return reply(http_error(503, "later"));
                    }
                    bodies_.push_back(request.body);
                    reply({});
                  }});
  }
  void refuse(int times) {
    const std::lock_guard lock(mutex_);
    refusals_ = times;
  }
  [[nodiscard]] std::string url() const { return server_->address() + "/records"; }
  std::vector<std::string> bodies() {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }

 private:
  std::mutex mutex_;
  int refusals_ = 0;
  std::vector<std::string> bodies_;
  HttpServers servers_;
  HttpServer* server_;
};

std::unique_ptr<Sink> opened(const std::string& text) {
  auto sink = open_sink(*parse_url(text));
  if (!sink) throw std::runtime_error(sink.error().detail);
  return std::move(*sink);
}

const std::vector<OutgoingRecord> kRecords = {{Sequence{1}, "a", R"({"id":"1"})"},
                                              {Sequence{2}, "a", R"({"id":"2"})"},
                                              {Sequence{3}, "a", R"({"id":"3"})"}};

TEST_CASE("Records are posted one by one, or as many as asked for in a list") {
  Endpoint endpoint;
  REQUIRE(opened(endpoint.url())->send(kRecords, {}));
  CHECK(endpoint.bodies() ==
        std::vector<std::string>{R"({"id":"1"})", R"({"id":"2"})", R"({"id":"3"})"});
  REQUIRE(opened(endpoint.url() + "?batch=2")->send(kRecords, {}));
  REQUIRE(endpoint.bodies().size() == 5);
  CHECK(nlohmann::json::parse(endpoint.bodies()[3]).size() == 2);
  CHECK(nlohmann::json::parse(endpoint.bodies()[4])[0]["id"] == "3");
}

TEST_CASE("What is not answered with 2xx is an error, in one line") {
  Endpoint endpoint;
  const auto sink = opened(endpoint.url());
  endpoint.refuse(1);
  const auto refused = sink->send(kRecords, {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().detail, Catch::Contains("answers 503"));
  REQUIRE(sink->send(kRecords, {}));
  const auto away = opened("http://127.0.0.1:1/records")->send(kRecords, {});
  REQUIRE_FALSE(away);
  CHECK_THAT(away.error().detail, Catch::StartsWith("http://127.0.0.1:1/records: "));
}

TEST_CASE("The token of a file is sent, and told nobody") {
  const Scratch scratch;
  std::ofstream(scratch.path("token")) << "# of the sink\r\n\r\ns3cret\r\nold\n";
  ::chmod(scratch.path("token").c_str(), 0600);
  Endpoint endpoint("?token_file=" + scratch.path("token"));
  REQUIRE(opened(endpoint.url() + "?token_file=" + scratch.path("token"))->send(kRecords, {}));
  const auto refused = opened(endpoint.url())->send(kRecords, {});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().detail, Catch::Contains("401"));
}

TEST_CASE("A receiver that is away for a while gets every record in the end, and holds nobody up") {
  Endpoint endpoint;
  endpoint.refuse(3);
  const Scratch scratch;
  testing::Live live({}, scratch.path());
  testing::HandSource source(live.intake);
  SinkFeed::Options options;
  options.name = "http-sink";
  options.state = scratch.path();
  options.first_pause = std::chrono::milliseconds{1};
  SinkFeed feed(std::move(options), opened(endpoint.url()), live.records);
  for (const std::string& line :
       testing::lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"))) {
    source.put(line);
  }
  source.settled_all();
  REQUIRE(live.finish());
  testing::await([&] { return feed.cursor() >= live.records.newest(); });
  feed.stop();
  CHECK(feed.failures() >= 3);
  std::uint64_t sequence = 0;
  for (const std::string& body : endpoint.bodies()) {
    CHECK(nlohmann::json::parse(body)["sequence"] == std::to_string(++sequence));
  }
  CHECK(Sequence{sequence} == live.records.newest());
}

}  // namespace
}  // namespace vmtrail
