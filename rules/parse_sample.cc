// SPDX-License-Identifier: Apache-2.0
// The samples that rules carry.

#include <utility>

#include "rules/parse.h"

namespace vmtrail {

namespace {

std::optional<std::string> value(const YAML::Node& node, std::string_view key) {
  if (node.IsNull()) return std::nullopt;
  return scalar(node, key);
}

Sample::Values values(const YAML::Node& node, std::string_view what, const WordList& keys) {
  require_map(node, what, keys);
  Sample::Values result;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    result.emplace_back(key, value(entry.second, key));
  }
  return result;
}

}  // namespace

Sample parse_sample(const YAML::Node& node) {
  require_map(node, "a sample", {"given", "event", "expect"});
  Sample result;
  result.line = node.Mark().line + 1;
  if (const YAML::Node given = node["given"]) {
    result.given = values(given, "given", {"host", "vm_state", "operation"});
    if (const YAML::Node operation = given["operation"]) {
      (void)word<OperationKind>(operation, "operation", spellings<OperationKind>(1, 16));
    }
  }
  if (!node["event"] || !node["expect"]) {
    throw Mistake(node.Mark(), "a sample needs 'event' and 'expect'");
  }
  YAML::Node event = node["event"];
  require_map(event, "event",
              {"publisher", "host", "state", "old_state", "task_state", "power_state", "flavor",
               "deleted_at", "audit_period_ending", "binary", "disabled", "forced_down",
               "display_name", "traits"});
  for (const auto& entry : event) {
    const std::string& key = entry.first.Scalar();
    if (key != "traits") {
      result.event.emplace_back(key, value(entry.second, key));
      continue;
    }
    require_map(entry.second, "traits");
    for (const auto& trait : entry.second) {
      const std::string& name = trait.first.Scalar();
      result.traits.emplace_back(name, value(trait.second, name));
    }
  }
  result.expect = values(node["expect"], "expect",
                         {"host", "confidence", "vm_state", "task_state", "power_state", "deleted",
                          "kind", "source", "destination", "outcome", "status"});
  return result;
}

}  // namespace vmtrail
