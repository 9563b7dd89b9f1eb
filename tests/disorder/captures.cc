// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/captures.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "tests/disorder/dissect.h"
#include "tests/recorded.h"

namespace vmtrail::disorder {
namespace {

using nlohmann::json;

std::string text(const json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

bool sent_earlier(const Made& a, const Made& b) {
  return a.generated < b.generated;
}

/// A migration as Nova's database has it.
Chronicle::Move move_of(const json& row) {
  static const std::map<std::string, MigrationKind> kKinds = {
      {"live-migration", MigrationKind::live_migration},
      {"migration", MigrationKind::cold_migration},
      {"resize", MigrationKind::resize},
      {"evacuation", MigrationKind::evacuation}};
  static const std::map<std::string, Outcome> kOutcomes = {
      {"completed", Outcome::completed}, {"finished", Outcome::completed},
      {"confirmed", Outcome::completed}, {"done", Outcome::completed},
      {"reverted", Outcome::reverted},   {"failed", Outcome::failed},
      {"error", Outcome::failed},        {"cancelled", Outcome::aborted}};
  return {parse_time(text(row["created_at"])).value(), kKinds.at(text(row["migration_type"])),
          text(row["source_compute"]), text(row["dest_compute"]),
          kOutcomes.at(text(row["status"]))};
}

/// What the database says of one instance.
Chronicle chronicle_of(const json& truth, const std::string& id) {
  Chronicle chronicle;
  chronicle.name = "the instance " + id;
  chronicle.controllers = {text(truth["controller"])};
  for (const json& row : truth["migrations"]) {
    if (text(row["instance_uuid"]) == id) chronicle.moves.push_back(move_of(row));
  }
  for (const json& row : truth["instances"]) {
    if (text(row["instance_id"]) != id) continue;
    chronicle.host_at_end = text(row["host"]);
    chronicle.end = Standing{.exists = true,
                             .placed = !chronicle.host_at_end.empty(),
                             .vm_state = text(row["vm_state"]),
                             .kept = {},
                             .deleted = row["deleted"].get<bool>()};
  }
  if (!chronicle.end) throw std::runtime_error(chronicle.name + " is unknown to the database");
  return chronicle;
}

}  // namespace

std::vector<Recording> captured() {
  std::vector<Recording> result;
  for (const std::string& scenario : testing::scenarios()) {
    std::ifstream input(testing::kCaptures / scenario / "expected.json");
    const json truth = json::parse(input);
    std::vector<Made> events = testing::events_of(testing::file_of(scenario, "nova.bodies.jsonl"));
    std::stable_sort(events.begin(), events.end(), sent_earlier);
    std::map<std::string, std::map<std::string, Request>> instances;
    std::map<std::string, Request> of_no_instance;
    for (Made& event : events) {
      const std::string id = field(event, Field::instance_id);
      const std::string request = field(event, Field::request_id);
      (id.empty() ? of_no_instance[request] : instances[id][request]).push_back(std::move(event));
    }
    for (const auto& [id, requests] : instances) {
      std::vector<Request> whole;
      for (const auto& [request, own] : requests) {
        // Of the scheduler's, and of methods that failed: known by their request alone.
        const Request& more = of_no_instance[request];
        Request merged;
        std::merge(own.begin(), own.end(), more.begin(), more.end(), std::back_inserter(merged),
                   sent_earlier);
        whole.push_back(std::move(merged));
      }
      std::vector<Recording> cut = dissect(std::move(whole), chronicle_of(truth, id));
      std::move(cut.begin(), cut.end(), std::back_inserter(result));
    }
  }
  return result;
}

}  // namespace vmtrail::disorder
