// SPDX-License-Identifier: Apache-2.0
// The model against Nova's list: no drift where there is none, each difference by itself, and what
// applying it makes of the model.

#include <catch2/catch.hpp>

#include <functional>
#include <map>

#include "tests/asked.h"
#include "tests/recorded.h"
#include "vmtrail/reconcile.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::made;
using testing::shipped_rules;
using testing::text_of;
using Json = nlohmann::json;

constexpr char kNewcomer[] = "ffffffff-0000-4000-8000-000000000001";

/// Nova's statuses and the openstack client's power states.
std::string status_of(const std::string& vm_state) {
  static const std::map<std::string, std::string> kStatus = {
      {"active", "ACTIVE"}, {"stopped", "SHUTOFF"}, {"shelved_offloaded", "SHELVED_OFFLOADED"},
      {"error", "ERROR"},   {"paused", "PAUSED"},   {"resized", "VERIFY_RESIZE"}};
  return kStatus.at(vm_state);
}

/// The truth of a capture as a list of plain servers: id, name, host, vm_state, power_state.
std::vector<Json> truth_of(const std::string& scenario) {
  std::ifstream input(testing::kCaptures / scenario / "expected.json");
  std::vector<Json> servers;
  Json truth = Json::parse(input);
  for (Json& server : truth["instances"]) {
    if (!server["deleted"].get<bool>()) servers.push_back(std::move(server));
  }
  return servers;
}

std::string as_client_lists(const std::vector<Json>& servers) {
  static const std::map<int, std::string> kPower = {
      {0, "NOSTATE"}, {1, "Running"}, {4, "Shutdown"}};
  Json list = Json::array();
  for (const Json& one : servers) {
    Json row = {{"ID", one["instance_id"]},
                {"Name", one["display_name"]},
                {"Status", status_of(one["vm_state"])},
                {"Task State", nullptr},
                {"Host", one["host"].is_null() ? Json("None") : one["host"]},
                {"Networks", {{"net", {"10.0.0.1"}}}}};
    if (one.contains("power_state")) row["Power State"] = kPower.at(one["power_state"]);
    list.push_back(row);
  }
  return list.dump();
}

/// Two pages, one behind the other.
std::string as_nova_answers(const std::vector<Json>& servers) {
  std::string text;
  for (std::size_t page = 0; page < 2; ++page) {
    Json list = Json::array();
    for (std::size_t i = page; i < servers.size(); i += 2) {
      const Json& one = servers[i];
      Json row = {{"id", one["instance_id"]},
                  {"name", one["display_name"]},
                  {"status", status_of(one["vm_state"])},
                  {"OS-EXT-SRV-ATTR:host", one["host"].is_null() ? Json("") : one["host"]},
                  {"OS-EXT-STS:vm_state", one["vm_state"]},
                  {"OS-EXT-STS:task_state", nullptr}};
      if (one.contains("power_state")) row["OS-EXT-STS:power_state"] = one["power_state"];
      list.push_back(row);
    }
    text += Json({{"servers", list}, {"servers_links", Json::array()}}).dump() + "\n";
  }
  return text;
}

Reconciliation compared(const Model& model, const std::string& text) {
  auto servers = parse_servers(text);
  if (!servers) throw std::runtime_error(servers.error().message());
  return reconcile(model, std::move(*servers));
}

/// "class id" of each difference, one a line.
std::string drift_of(const Model& model, const std::string& text) {
  std::string lines;
  for (const Drift& one : compared(model, text).drift) {
    lines += std::string(name(one.kind)) + " " + one.instance.to_string() + "\n";
  }
  return lines;
}

TEST_CASE("The captures' final truth has no drift, in every format of either side") {
  for (const std::string& scenario : testing::scenarios()) {
    const std::vector<Json> truth = truth_of(scenario);
    for (const auto& file : testing::files_of(scenario)) {
      INFO(file.string());
      Machine machine(shipped_rules());
      testing::read(file, machine.dispatcher);
      machine.dispatcher.finish();
      CHECK(drift_of(machine.model, as_client_lists(truth)).empty());
      CHECK(drift_of(machine.model, as_nova_answers(truth)).empty());
      CHECK(compared(machine.model, as_nova_answers(truth)).agreed == truth.size());
    }
  }
}

TEST_CASE("Any one instance that is changed is found, and nothing else, in its class") {
  for (const std::string& scenario : testing::scenarios()) {
    Machine machine(shipped_rules());
    testing::read(testing::file_of(scenario, "nova.bodies.jsonl"), machine.dispatcher);
    machine.dispatcher.finish();
    const std::vector<Json> truth = truth_of(scenario);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const std::string id = text_of(truth[i]["instance_id"]);
      INFO(scenario << " " << id);
      const auto with = [&](const std::function<void(Json&)>& change) {
        std::vector<Json> servers = truth;
        change(servers[i]);
        const std::string drift = drift_of(machine.model, as_client_lists(servers));
        CHECK(drift == drift_of(machine.model, as_nova_answers(servers)));
        return drift;
      };
      CHECK(with([](Json& one) { one["host"] = "elsewhere"; }) == "moved " + id + "\n");
      if (!truth[i]["host"].is_null()) {
        CHECK(with([](Json& one) { one["host"] = nullptr; }) == "moved " + id + "\n");
      }
      CHECK(with([](Json& one) { one["vm_state"] = "paused"; }) == "state " + id + "\n");
      CHECK(with([](Json& one) { one["display_name"] = "renamed"; }).empty());
      CHECK(with([](Json& one) { one["instance_id"] = kNewcomer; }) ==
            "ghost " + id + "\nunknown " + kNewcomer + "\n");
      std::vector<Json> fewer = truth;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      CHECK(drift_of(machine.model, as_nova_answers(fewer)) == "ghost " + id + "\n");
      std::vector<Json> more = truth;
      more.push_back(truth[i]);
      more.back()["instance_id"] = kNewcomer;
      CHECK(drift_of(machine.model, as_client_lists(more)) ==
            "unknown " + std::string(kNewcomer) + "\n");
      std::string source;
      for (const Migration& one : machine.model.migrations()) {
        if (one.instance.to_string() == id && one.outcome == Outcome::completed) {
          source = one.source;
        }
      }
      if (source.empty() || truth[i]["host"].is_null()) continue;
      CHECK(with([&](Json& one) { one["host"] = source; }) == "nova_suspect " + id + "\n");
    }
  }
}

TEST_CASE("What is applied is told, makes the model Nova's, and is done once") {
  Machine machine(shipped_rules());
  testing::read(testing::file_of("live_migration", "nova.bodies.jsonl"), machine.dispatcher);
  machine.dispatcher.finish();
  std::vector<Json> servers = truth_of("live_migration");
  REQUIRE(servers.size() == 3);
  servers[0]["host"] = "elsewhere";
  servers[1]["vm_state"] = "stopped";
  servers[1]["power_state"] = 4;
  servers[2]["instance_id"] = kNewcomer;
  const std::string list = as_nova_answers(servers);
  const Reconciliation found = compared(machine.model, list);
  CHECK(found.drift.size() == 4);
  CHECK(found.agreed == 0);

  // A list from before the events says nothing of what has happened since.
  const Time early = testing::kStart;
  CHECK(apply(found, early, machine.model, machine.dispatcher).size() == 1);  // the newcomer
  CHECK(compared(machine.model, list).drift.size() == 3);

  const Time listed = *machine.model.newest_event() + std::chrono::minutes{5};
  const auto before = machine.records.types.size();
  const Reconciliation rest = compared(machine.model, list);
  CHECK(apply(rest, listed, machine.model, machine.dispatcher).size() == 3);
  CHECK(drift_of(machine.model, list).empty());
  CHECK(machine.records.differences(machine.model) == "");
  const auto& types = machine.records.types;
  CHECK(std::count(types.begin() + static_cast<std::ptrdiff_t>(before), types.end(),
                   RecordType::placement_drift) == 3);
  CHECK(
      machine.dispatcher.counts().records[static_cast<std::size_t>(RecordType::placement_drift)] ==
      4);

  const std::string moved = text_of(servers[0]["instance_id"]);
  const Json where = testing::told(machine.model, "where", {{"instance", moved}});
  CHECK(where["instance"]["host"] == "elsewhere");
  CHECK(where["instance"]["confidence"] == "confirmed");
  CHECK(where["decided_by"]["rule"] == "reconcile.listed");
  const auto events = machine.dispatcher.counts().applied;
  apply(rest, listed, machine.model, machine.dispatcher);
  CHECK(machine.dispatcher.counts().applied == events);
}

TEST_CASE("A list makes the baseline of a model that has seen no event") {
  Machine machine(shipped_rules());
  const std::vector<Json> truth = truth_of("shelve_unshelve");
  const std::string list = as_client_lists(truth);
  const Reconciliation found = compared(machine.model, list);
  CHECK(found.drift.size() == truth.size());
  CHECK(apply(found, testing::kStart, machine.model, machine.dispatcher).size() == truth.size());
  CHECK(drift_of(machine.model, list).empty());
  CHECK(machine.records.differences(machine.model) == "");
  for (const Json& one : truth) {
    const auto ours = machine.model.instance(*InstanceId::parse(text_of(one["instance_id"])));
    REQUIRE(ours);
    CHECK(ours->host == text_of(one["host"]));
    CHECK(ours->name == text_of(one["display_name"]));
    CHECK(ours->confidence ==
          (one["host"].is_null() ? Confidence::unplaced : Confidence::confirmed));
  }
}

TEST_CASE("Soft-deleted and deleted instances are no ghosts") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-1"));
  machine.feed(made("soft_delete.end", 1000, "a", "req-2", {{Field::state, "soft-delete"}}));
  CHECK(drift_of(machine.model, "[]").empty());
  machine.feed(made("delete.end", 2000, "a", "req-3", {{Field::state, "deleted"}}));
  CHECK(drift_of(machine.model, "[]").empty());
  const std::string id(testing::kVm);
  CHECK(
      drift_of(machine.model, R"([{"ID":")" + id + R"(","Host":"a","Status":"DELETED"}])").empty());
  const std::string alive = R"([{"ID":")" + id + R"(","Host":"a","Status":"ACTIVE"}])";
  CHECK(drift_of(machine.model, alive) == "state " + id + "\n");
  CHECK(apply(compared(machine.model, alive), testing::kStart + std::chrono::hours{1},
              machine.model, machine.dispatcher)
            .empty());
}

TEST_CASE("A status that is a task's tells no state, and the last of two entries counts") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-1"));
  const std::string id(testing::kVm);
  for (const char* status : {"MIGRATING", "REBOOT", "RESIZE", "PASSWORD", "UNKNOWN"}) {
    CHECK(drift_of(machine.model,
                   R"([{"ID":")" + id + R"(","Host":"A","Status":")" + status + R"("}])")
              .empty());
  }
  CHECK(drift_of(machine.model, R"([{"ID":")" + id + R"(","Host":"b"},{"ID":")" + id +
                                    R"(","Host":"a","Power State":1}])")
            .empty());
}

TEST_CASE(
    "Of a server whose cell is down the list tells the id alone, and its host is not compared") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-1"));
  const std::string other = "00000000-0000-4000-8000-000000000002";
  auto more = made("create.end", 10, "a", "req-2");
  more.fields[Field::instance_id] = other;
  machine.feed(more);
  const std::string partial =
      R"([{"id":")" + std::string(testing::kVm) + R"(","status":"UNKNOWN"},{"id":")" + other;
  CHECK(drift_of(machine.model, partial + R"(","OS-EXT-SRV-ATTR:host":"a"}])").empty());
  CHECK_THAT(drift_of(machine.model, partial + R"(","OS-EXT-SRV-ATTR:host":null}])"),
             Catch::Contains(other) && !Catch::Contains(std::string(testing::kVm)));
}

TEST_CASE("A list may be very deep, and is no list of servers") {
  std::string deep;
  std::string end;
  for (int i = 0; i < 100'000; ++i) {
    deep += R"([{"servers":)";
    end += "}]";
  }
  CHECK_FALSE(parse_servers(deep + "[]" + end));
}

TEST_CASE("What is no list of servers is told so") {
  const std::string id(testing::kVm);
  const std::pair<std::string, std::string> cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"[] x", "not JSON"},
      {"7", "no list of servers"},
      {R"({"error":"Forbidden"})", "no list of servers"},
      {R"({"servers":7})", "no list of servers"},
      {"[7]", "is no object"},
      {R"([{"ID":"web-1"}])", "no UUID but 'web-1'"},
      {R"([{"Name":"web-1"}])", "no UUID but ''"},
      {R"([{"ID":")" + id + R"(","Status":"ACTIVE"}])", "as an administrator"},
      {R"([{"ID":")" + id + R"(","Host":7}])", "is no text: 7"},
      {R"([{"ID":")" + id + R"(","Host":{"name":"node-1"}}])", "is no text"},
      {std::string(100'000, '['), "not JSON"},
      {R"([{"servers":[{"servers":[]}]}])", "no UUID"},
  };
  for (const auto& [text, message] : cases) {
    INFO(text.substr(0, 40));
    const auto servers = parse_servers(text);
    REQUIRE_FALSE(servers);
    CHECK(servers.error().code == ErrorCode::unreadable);
    CHECK_THAT(servers.error().detail, Catch::Contains(message));
  }
  CHECK(parse_servers("[]"));
  CHECK(parse_servers(R"([{"servers":[]},{"servers":[]}])"));
}

}  // namespace
}  // namespace vmtrail
