// SPDX-License-Identifier: Apache-2.0
// `when`: what a rule asks of an event.

#include <array>
#include <utility>

#include "rules/parse.h"
#include "rules/trait_value.h"

namespace vmtrail {

namespace {

using Operator = TraitCondition::Operator;

constexpr std::array<std::pair<std::string_view, Operator>, 9> kOperators = {{
    {"eq", Operator::eq},
    {"ne", Operator::ne},
    {"lt", Operator::lt},
    {"le", Operator::le},
    {"gt", Operator::gt},
    {"ge", Operator::ge},
    {"in", Operator::in},
    {"exists", Operator::exists},
    {"glob", Operator::glob},
}};

TraitValue value(const YAML::Node& node, std::string_view what) {
  std::string text = scalar(node, what);
  if (node.Tag() == "!") return {std::move(text), {}};  // quoted
  return typed_value(std::move(text));
}

Operator operator_of(const YAML::Node& node) {
  const std::string spelled = node.Scalar();
  WordList words;
  for (const auto& [word, op] : kOperators) {
    if (word == spelled) return op;
    words.push_back(word);
  }
  throw Mistake(node.Mark(), expected_one_of("operator", spelled, words));
}

void add_conditions(std::vector<TraitCondition>& all, const std::string& trait,
                    const YAML::Mark& at, const YAML::Node& node) {
  if (node.IsScalar()) {
    const bool pattern = node.Tag() != "!" && node.Scalar().find('*') != std::string::npos;
    all.push_back({trait, pattern ? Operator::glob : Operator::eq, {value(node, trait)}, true});
    return;
  }
  if (node.IsSequence() || node.IsNull()) {
    throw Mistake(node.IsNull() ? at : node.Mark(),
                  "'" + trait + "' must be a value, or a map of operators such as " +
                      "{ge: 4096}, {in: [a, b]} or {exists: false}");
  }
  require_map(node, trait);
  if (node.size() == 0) throw Mistake(node.Mark(), "nothing is asked of '" + trait + "'");
  for (const auto& entry : node) {
    TraitCondition asked;
    asked.name = trait;
    asked.op = operator_of(entry.first);
    const std::string& spelled = entry.first.Scalar();
    if (asked.op == Operator::exists) {
      asked.exists = boolean(entry.second, spelled);
    } else if (asked.op == Operator::in) {
      require_list(entry.second, spelled);
      for (const auto& item : entry.second) asked.values.push_back(value(item, spelled));
      if (asked.values.empty()) throw Mistake(entry.second.Mark(), "'in' lists no value");
    } else if (asked.op == Operator::glob) {
      asked.values.push_back({scalar(entry.second, spelled), {}});
    } else {
      asked.values.push_back(value(entry.second, spelled));
    }
    all.push_back(std::move(asked));
  }
}

}  // namespace

Condition parse_condition(const YAML::Node& node) {
  require_map(node, "when", {"state", "task", "audit", "changed", "deleted_at", "traits"});
  Condition when;
  if (const YAML::Node state = node["state"]) {
    when.state = scalar(state, "state");
    if (when.state.empty()) throw Mistake(state.Mark(), "'state' is empty");
  }
  if (const YAML::Node task = node["task"]) {
    when.task_state = scalar(task, "task");
    if (when.task_state.empty()) {
      throw Mistake(task.Mark(), "'task' is empty; an instance without a task is 'none'");
    }
    when.task = when.task_state == "any"    ? Condition::Task::any
                : when.task_state == "none" ? Condition::Task::none
                                            : Condition::Task::exactly;
  }
  if (const YAML::Node audit = node["audit"]) {
    const std::string word = scalar(audit, "audit");
    if (word != "periodic")
      throw Mistake(audit.Mark(), expected_one_of("audit", word, {"periodic"}));
    when.periodic = true;
  }
  if (const YAML::Node changed = node["changed"]) {
    if (!boolean(changed, "changed")) throw Mistake(changed.Mark(), "'changed' can only be true");
    when.changed = true;
  }
  if (const YAML::Node deleted_at = node["deleted_at"])
    when.deleted_at = boolean(deleted_at, "deleted_at");
  if (const YAML::Node traits = node["traits"]) {
    require_map(traits, "traits");
    for (const auto& entry : traits) {
      add_conditions(when.traits, entry.first.Scalar(), entry.first.Mark(), entry.second);
    }
  }
  return when;
}

}  // namespace vmtrail
