// SPDX-License-Identifier: Apache-2.0

#include "app/question.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "io/store.h"

namespace vmtrail {

void add_output(CLI::App& parser, Question& question) {
  parser.add_option("-o,--output", question.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORM");
}

void add_common(CLI::App& parser, Question& question) {
  parser.add_option("--state", question.state, "Directory that replay --state has filled")
      ->required()
      ->type_name("DIR");
  add_output(parser, question);
}

Result<std::unique_ptr<Asked>> open(const Question& question) {
  auto store = Store::open(question.state, Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  const auto files = store->rules();
  if (!files) return tl::unexpected(files.error());
  auto rules = files->empty() ? RuleSet::shipped() : RuleSet::parse(*files);
  if (!rules) return tl::unexpected(rules.error());
  auto asked = std::make_unique<Asked>(Asked{std::move(*store), std::move(*rules), Model()});
  if (auto loaded = asked->store.load(asked->model, asked->rules); !loaded) {
    return tl::unexpected(loaded.error());
  }
  return asked;
}

namespace {

Result<Time> point(const std::string& text, const Model& model) {
  if (const auto time = parse_time(text)) return *time;
  if (const auto ago = parse_duration(text)) return model.newest_event().value_or(Time{}) - *ago;
  return tl::unexpected(
      Error{ErrorCode::wrong_usage,
            "'" + text + "' is no time (2017-01-23T06:22:02Z) and no duration (90s, 15m, 2h)"});
}

}  // namespace

Result<std::optional<Time>> optional_point(const std::string& text, const Model& model) {
  if (text.empty()) return std::nullopt;
  const auto time = point(text, model);
  if (!time) return tl::unexpected(time.error());
  return *time;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_answer(const Model& model, const std::string& body) {
  std::string text =
      "{\"sequence\":" + std::to_string(static_cast<std::uint64_t>(model.sequence()));
  text += ",\"newest_event\":";
  if (const auto newest = model.newest_event()) {
    const std::chrono::duration<double> age = std::chrono::system_clock::now() - *newest;
    text += '"' + to_string(*newest) + "\",\"age_s\":" + std::to_string(age.count());
  } else {
    text += "null,\"age_s\":null";
  }
  print(text + "," + body + "}\n");
}

std::string when(const std::optional<Time>& time) {
  return time ? to_string(*time) : "-";
}

std::vector<InstanceAnswer> all_instances(const Model& model) {
  std::vector<InstanceAnswer> result;
  for (const InstanceId& id : model.instances()) result.push_back(*model.instance(id));
  return result;
}

void turn_back(InstanceAnswer& instance, Time time) {
  const Interval* const then = at(instance.timeline, time);
  const bool gone = instance.deleted && then == nullptr && !instance.timeline.empty() &&
                    time >= instance.timeline.back().to.value_or(time);
  instance.host = then == nullptr ? std::string_view() : then->host;
  instance.confidence = then != nullptr ? then->confidence
                        : gone          ? Confidence::deleted
                                        : Confidence::unknown;
  instance.deleted = gone;
  instance.vm_state = instance.task_state = {};
  instance.power_state = PowerState::unknown;
  instance.operation.reset();
  instance.decided_by.reset();
}

Table instance_table(const std::vector<InstanceAnswer>& instances) {
  Table table({"INSTANCE", "NAME", "HOST", "CONFIDENCE", "STATE", "TASK", "PROJECT"});
  for (const InstanceAnswer& instance : instances) {
    table.add({instance.id.to_string(), shown(instance.name), shown(instance.host),
               std::string(name(instance.confidence)), shown(instance.vm_state),
               shown(instance.task_state), shown(instance.project_id)});
  }
  return table;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return low(x) == low(y);
  });
}

}  // namespace vmtrail
