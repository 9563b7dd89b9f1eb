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

template <class Word>
void require_word(const YAML::Node& node, std::string_view key, int first, int last) {
  if (node && !node.IsNull()) (void)word<Word>(node, key, spellings<Word>(first, last));
}

// An expectation in no word that there is could never be met.
void check_words(const YAML::Node& expect) {
  require_word<Confidence>(expect["confidence"], "confidence", 0, 4);
  require_word<PowerState>(expect["power_state"], "power_state", 1, 5);
  require_word<MigrationKind>(expect["kind"], "kind", 1, 4);
  require_word<Outcome>(expect["outcome"], "outcome", 0, 6);
  require_word<HostStatus>(expect["status"], "status", 0, 2);
  if (const YAML::Node deleted = expect["deleted"]) {
    const std::string text = scalar(deleted, "deleted");
    if (text != "true" && text != "false") {
      throw Mistake(deleted.Mark(), expected_one_of("value", text, {"true", "false"}));
    }
  }
}

Sample::Values values(const YAML::Node& node, std::string_view what, const WordList& keys) {
  require_map(node, what, keys, Nulls::allowed);
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
              {"type", "publisher", "host", "state", "old_state", "task_state", "power_state",
               "flavor", "deleted_at", "audit_period_ending", "binary", "disabled", "forced_down",
               "display_name", "traits"},
              Nulls::allowed);
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
  check_words(node["expect"]);
  result.expect = values(node["expect"], "expect",
                         {"host", "confidence", "vm_state", "task_state", "power_state", "deleted",
                          "kind", "source", "destination", "outcome", "status"});
  return result;
}

}  // namespace vmtrail
