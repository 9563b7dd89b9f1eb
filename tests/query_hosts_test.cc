// SPDX-License-Identifier: Apache-2.0
// report, drain, impact, doctor: what hosts were used for, and what is wrong with the feed.

#include <catch2/catch.hpp>

#include <set>

#include "tests/asked.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::made;
using testing::Made;
using testing::shipped_rules;
using testing::text_of;
using testing::told;
using Json = nlohmann::json;

constexpr int kHour = 3'600'000;

std::string id_of(int number) {
  return "00000000-0000-4000-8000-00000000000" + std::to_string(number);
}

Made of(int number, Made event) {
  event.fields[Field::instance_id] = id_of(number);
  event.fields[Field::display_name] = "vm-" + std::to_string(number);
  event.fields[Field::project_id] = number % 2 == 0 ? "even" : "odd";
  event.message_id += "/" + std::to_string(number);
  return event;
}

Made booted(int number, const std::string& host, int ms) {
  return of(number, made("create.end", ms, host, "req-boot-" + std::to_string(number)));
}

Made arrived(int number, const std::string& host, int ms) {
  return of(number, made("live_migration.post.dest.end", ms, host,
                         "req-" + std::to_string(number) + "-" + std::to_string(ms)));
}

Made service(const std::string& host, int ms, bool down, bool disabled = false) {
  Made event;
  event.message_id = "service" + std::to_string(ms);
  event.event_type = "service.update";
  event.generated = testing::kStart + std::chrono::milliseconds{ms};
  event.fields = {{Field::payload_host, host},
                  {Field::binary, "nova-compute"},
                  {Field::disabled, disabled ? "true" : "false"},
                  {Field::forced_down, down ? "true" : "false"}};
  return event;
}

Answer diagnosed(const Model& model, const std::vector<FeedLine>& feed) {
  return answer({"doctor", {}},
                {.model = model, .rules = shipped_rules(), .now = Time{}, .feed = &feed});
}

std::set<std::string> findings(const Model& model, const std::vector<FeedLine>& feed) {
  std::set<std::string> codes;
  const Json answer = Json::parse(diagnosed(model, feed).json);
  for (const Json& one : answer["findings"]) {
    CHECK_FALSE(one["cure"].empty());
    CHECK_FALSE(text_of(one["summary"]).empty());
    codes.insert(text_of(one["code"]));
  }
  return codes;
}

TEST_CASE("The report counts each VM's hours on each host, and the most VMs at once") {
  Machine machine(shipped_rules());
  machine.feed({booted(1, "a", 0), booted(2, "a", kHour), arrived(1, "b", 2 * kHour),
                arrived(1, "a", 5 * kHour), arrived(2, "b", 6 * kHour), booted(3, "c", 8 * kHour)});
  const Json report = told(machine.model, "report", {{"report", "hosts"}})["report"];
  std::set<std::string> rows;
  for (const Json& row : report["rows"]) {
    rows.insert(text_of(row["name"]) + " " + text_of(row["host"]) + " " + row["hours"].dump() +
                " " + row["probable_hours"].dump());
  }
  CHECK(rows == std::set<std::string>{"vm-1 a 5.0 0.0", "vm-1 b 3.0 0.0", "vm-2 a 5.0 0.0",
                                      "vm-2 b 2.0 0.0"});
  CHECK(report["until"] == "2017-01-23T14:22:02.000000Z");
  std::set<std::string> hosts;
  for (const Json& host : report["hosts"]) {
    hosts.insert(text_of(host["host"]) + " " + host["instances"].dump() + " " +
                 host["hours"].dump() + " " + host["most_at_once"].dump() + " " +
                 text_of(host["most_at"]).substr(11, 2));
  }
  CHECK(hosts == std::set<std::string>{"a 2 10.0 2 07", "b 2 5.0 1 08"});
  CHECK(report["inputs"].is_null());

  const auto size = [&](const testing::Options& options) {
    testing::Options all = options;
    all.emplace_back("report", "hosts");
    return told(machine.model, "report", all)["report"]["rows"].size();
  };
  CHECK(size({{"project", "odd"}}) == 2);
  CHECK(size({{"name", "vm-2"}}) == 2);
  CHECK(size({{"name", "db-*"}}) == 0);
  CHECK(size({{"until", "2017-01-23T08:22:02Z"}}) == 2);  // nothing is on b yet
  CHECK(size({{"since", "2017-01-23T13:00:00Z"}}) == 2);
  CHECK(size({{"since", "2017-06-01T00:00:00Z"}}) == 0);
  // Beyond the newest event nothing is claimed.
  CHECK(told(machine.model, "report",
             {{"report", "hosts"}, {"until", "2018-01-01T00:00:00Z"}})["report"] == report);
}

TEST_CASE("What is only probable is counted as such") {
  Machine machine(shipped_rules());
  machine.feed({booted(1, "a", 0),
                of(1, made("live_migration._post.start", 2 * kHour, "a", "req-1",
                           {{Field::payload_host, "a"}})),
                of(1, made("live_migration.pre.start", 2 * kHour - 500, "b", "req-1",
                           {{Field::payload_host, "a"}})),
                booted(2, "c", 3 * kHour)});
  const Json report =
      told(machine.model, "report", {{"report", "hosts"}, {"name", "vm-1"}})["report"];
  REQUIRE(report["rows"].size() == 2);
  CHECK(report["rows"][0]["probable_hours"] == 0.0);
  CHECK(report["rows"][1]["host"] == "b");
  CHECK(report["rows"][1]["probable_hours"] == report["rows"][1]["hours"]);
  CHECK(report["rows"][1]["intervals"][0]["confidence"] == "probable");
}

TEST_CASE("drain tells what was there, what left, what failed and what is still there") {
  Machine machine(shipped_rules());
  machine.feed({booted(1, "a", 0), booted(2, "a", 1000), booted(3, "a", 2000), booted(4, "b", 3000),
                booted(5, "a", 3500)});
  machine.feed(
      {arrived(1, "b", kHour),
       of(5, made("delete.end", kHour, "a", "req-delete", {{Field::state, "deleted"}})),
       of(2, made("live_migration.pre.start", kHour, "b", "req-2", {{Field::payload_host, "a"}})),
       of(2, made("live_migration._rollback.end", kHour + 5000, "a", "req-2",
                  {{Field::payload_host, "a"}}))});
  const Json drain =
      told(machine.model, "drain", {{"host", "A"}, {"since", "2017-01-23T06:30:00Z"}})["drain"];
  CHECK(drain["host"] == "a");
  CHECK(drain["before"].size() == 4);
  REQUIRE(drain["left"].size() == 2);
  CHECK(drain["left"][0]["instance"] == id_of(1));
  CHECK(drain["left"][0]["to"] == "b");
  CHECK(drain["left"][0]["cause"] == "live_migration");
  CHECK(drain["left"][1]["instance"] == id_of(5));
  CHECK(drain["left"][1]["to"].is_null());
  CHECK(drain["left"][1]["cause"] == "delete");
  REQUIRE(drain["failed"].size() == 1);
  CHECK(drain["failed"][0]["instance"] == id_of(2));
  CHECK(drain["open"].empty());
  REQUIRE(drain["remaining"].size() == 2);
  CHECK(drain["remaining"][0]["instance"] == id_of(2));
  CHECK(drain["remaining"][1]["instance"] == id_of(3));
}

TEST_CASE("impact tells who would be hit, who was, and what became of them") {
  Machine machine(shipped_rules());
  machine.feed(
      {booted(1, "a", 0), booted(2, "a", 1000), booted(3, "a", 2000), booted(4, "b", 3000)});
  const Json before = told(machine.model, "impact", {{"host", "a"}})["impact"];
  CHECK(before["status"] == "up");
  CHECK(before["since"].is_null());
  CHECK(before["count"] == 3);
  CHECK(before["instances"][0]["became"].is_null());

  machine.feed(service("a", kHour, true));
  CHECK_THAT(machine.records.text,
             Catch::Contains(R"("to":{"status":"down"},"instances":{"count":3,"ids":[")" +
                             id_of(1) + R"(",")" + id_of(2) + R"(",")" + id_of(3) + R"("]},)") &&
                 Catch::Contains("host a is down, with 3 instances"));
  machine.feed(
      {of(1, made("evacuate", kHour + 1000, "api", "req-e",
                  {{Field::publisher_service, "api"}, {Field::payload_host, "a"}})),
       of(1, made("rebuild.start", kHour + 2000, "b", "req-e")),
       of(1, made("rebuild.end", kHour + 5000, "b", "req-e", {{Field::payload_host, "b"}})),
       of(2, made("delete.end", kHour + 9000, "a", "req-d", {{Field::state, "deleted"}}))});
  const auto became = [&](const testing::Options& more = {}) {
    testing::Options options = more;
    options.emplace_back("host", "a");
    const Json impact = told(machine.model, "impact", options)["impact"];
    CHECK(impact["count"] == 3);
    CHECK(impact["since"] == "2017-01-23T07:22:02.000000Z");
    std::string words;
    for (const Json& one : impact["instances"]) words += text_of(one["became"]) + " ";
    return words;
  };
  CHECK(became() == "evacuated deleted waiting ");
  machine.feed(service("a", 2 * kHour, false));
  CHECK_THAT(machine.records.text, Catch::Contains(R"("to":{"status":"up"},"cause")"));
  CHECK(became({{"since", "2017-01-23T07:22:02Z"}}) == "evacuated deleted back ");
}

TEST_CASE("impact and drain go by when a host went out, however often that is told") {
  Machine machine(shipped_rules());
  machine.feed({booted(1, "a", 0), booted(2, "a", 1000), service("a", kHour, false, true),
                arrived(1, "b", 2 * kHour), service("a", 3 * kHour, true),
                of(2, made("delete.end", 4 * kHour, "a", "req-d", {{Field::state, "deleted"}})),
                service("a", 5 * kHour, true)});
  const Json impact = told(machine.model, "impact", {{"host", "a"}})["impact"];
  CHECK(impact["since"] == "2017-01-23T09:22:02.000000Z");
  REQUIRE(impact["count"] == 1);
  CHECK(impact["instances"][0]["became"] == "deleted");
  const Json drain = told(machine.model, "drain", {{"host", "a"}})["drain"];
  CHECK(drain["since"] == "2017-01-23T07:22:02.000000Z");
  CHECK(drain["before"].size() == 2);
  CHECK(drain["left"].size() == 2);

  const auto status = [&](const char* at) {
    return text_of(told(machine.model, "host", {{"host", "a"}, {"at", at}})["host"]["status"]);
  };
  CHECK(status("2017-01-23T08:00:00Z") == "disabled");
  CHECK(status("2017-01-23T10:00:00Z") == "down");
}

TEST_CASE("doctor names what the feed lacks, each with a cure") {
  const Time at = testing::kStart;
  Machine machine(shipped_rules());
  machine.feed(booted(1, "a", 0));
  const std::vector<FeedLine> good = {{"compute.instance.update", "compute.a", 9, 9, 9, at},
                                      {"instance.update", "compute.a", 9, 9, 9, at},
                                      {"compute.instance.exists", "compute.a", 9, 9, 9, at}};
  CHECK(findings(machine.model, good).empty());
  CHECK(findings(machine.model, {}) == std::set<std::string>{"no_events"});
  CHECK(findings(machine.model, {{"compute.instance.create.end", "compute.a", 1, 0, 1, at}}) ==
        std::set<std::string>{"no_updates", "no_audits", "no_payload_host", "one_format"});
  // What is folded no longer tells of payload hosts.
  CHECK_FALSE(findings(machine.model, {{"instance.update", "compute.a", 9, 0, 0, at}})
                  .contains("no_payload_host"));

  machine.feed(booted(2, "b", 24 * kHour));
  CHECK(findings(machine.model, good) == std::set<std::string>{"silent_host"});
  std::vector<FeedLine> late = good;
  late.push_back({"compute.instance.update", "compute.B", 1, 1, 1, at + std::chrono::hours{24}});
  late.push_back({"compute.instance.update", "compute.a", 1, 1, 1, at + std::chrono::hours{23}});
  CHECK(findings(machine.model, late).empty());

  machine.feed(of(
      1, made("live_migration.pre.start", 24 * kHour, "b", "req-1", {{Field::payload_host, "a"}})));
  machine.dispatcher.advance(at + std::chrono::hours{26});
  CHECK(findings(machine.model, late) == std::set<std::string>{"loss_suspected"});

  // The destination finishes, by its clock, nine seconds before the source has switched.
  Machine skewed(shipped_rules());
  skewed.feed({of(1, made("live_migration._post.start", 10'000, "a", "req-1")),
               of(1, made("live_migration.post.dest.end", 1000, "b", "req-1"))});
  const std::vector<FeedLine> both = {
      {"compute.instance.update", "compute.a", 9, 9, 9, at},
      {"instance.exists", "compute.b", 9, 9, 9, at + std::chrono::seconds{10}}};
  CHECK(findings(skewed.model, both) == std::set<std::string>{"clock_skew"});
  CHECK_THAT(diagnosed(skewed.model, both).json, Catch::Contains("beyond the tolerance"));
}

}  // namespace
}  // namespace vmtrail
