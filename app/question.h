// SPDX-License-Identifier: Apache-2.0
// What the commands that ask have in common: the state directory, points in time, and the form of
// an answer.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/command.h"
#include "app/table.h"
#include "io/store.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// What every question takes.
struct Question {
  std::string state;
  std::string output = "table";

  [[nodiscard]] bool json() const { return output == "json"; }
};

/// The option --output alone, and with it --state.
void add_output(CLI::App& parser, Question& question);
void add_common(CLI::App& parser, Question& question);

/// The model as the state directory has it, with the rules that its facts refer to.
struct Asked {
  Store store;
  RuleSet rules;
  Model model;
};
[[nodiscard]] Result<std::unique_ptr<Asked>> open(const Question& question);

/// A point in time (2017-01-23T06:22:02Z), or how long before the newest event (2h). Empty: none.
[[nodiscard]] Result<std::optional<Time>> optional_point(const std::string& text,
                                                         const Model& model);
inline constexpr char kInstanceHelp[] = "UUID, a unique prefix of one, or a unique name";
inline constexpr char kTimeHelp[] = "A time, or a duration before the newest event";

void print(const std::string& text);
/// An answer in JSON: the head that all have, then `body`, from its first key on.
void print_answer(const Model& model, const std::string& body);

template <class Items>
std::string json_list(const Items& items) {
  std::string text = "[";
  for (const auto& item : items) {
    if (&item != &items.front()) text += ",\n";
    append_json(text, item);
  }
  return text + "]";
}

/// "-" for no time.
[[nodiscard]] std::string when(const std::optional<Time>& time);
/// Host names are equal whatever their case.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

/// Every instance, by id.
[[nodiscard]] std::vector<InstanceAnswer> all_instances(const Model& model);
/// Makes it the same instance as it was placed at a time; its states then are not known.
void turn_back(InstanceAnswer& instance, Time time);
[[nodiscard]] Table instance_table(const std::vector<InstanceAnswer>& instances);

/// What a command returns to be run: the question, whose options live as long, and its answer.
template <class Q>
std::function<Exit()> asking(std::shared_ptr<Q> question, Exit (*answer)(const Q&)) {
  return [question = std::move(question), answer] { return answer(*question); };
}

}  // namespace vmtrail
