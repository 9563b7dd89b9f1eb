// SPDX-License-Identifier: Apache-2.0
// vmtrail instances: every instance, or those of a host, project or state.

#include <filesystem>

#include <CLI/CLI.hpp>

#include "app/question.h"

namespace vmtrail {

namespace {

struct InstancesQuestion : Question {
  std::vector<std::string>
      states;  // the directory, and perhaps a vm_state: both are called --state
  std::string host;
  std::string project;
  std::string vm_state;
};

Exit instances(const InstancesQuestion& asked_for) {
  InstancesQuestion question = asked_for;
  for (const std::string& state : asked_for.states) {
    (std::filesystem::is_directory(state) ? question.state : question.vm_state) = state;
  }
  if (question.state.empty()) {
    return fail({ErrorCode::wrong_usage, "none of --state is a directory that replay has filled"});
  }
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  std::vector<InstanceAnswer> found = all_instances(model);
  std::erase_if(found, [&](const InstanceAnswer& instance) {
    return (!question.host.empty() && !same_name(instance.host, question.host)) ||
           (!question.project.empty() && instance.project_id != question.project) ||
           (!question.vm_state.empty() && instance.vm_state != question.vm_state);
  });
  if (question.json()) {
    print_answer(model, "\"instances\":" + json_list(found) + ",\"next\":null");
  } else {
    print(instance_table(found).to_string());
  }
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_instances(CLI::App& parser) {
  auto question = std::make_shared<InstancesQuestion>();
  parser.add_option("--host", question->host, "Only those on this host")->type_name("HOST");
  parser.add_option("--project", question->project, "Only those of this project")->type_name("ID");
  parser.add_option("--state", question->states, "Filled by replay; a second one: a vm_state")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("DIR|STATE");
  add_output(parser, *question);
  return asking(question, instances);
}

}  // namespace vmtrail
