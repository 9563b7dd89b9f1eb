// SPDX-License-Identifier: Apache-2.0
// vmtrail host and hosts: what each host holds.

#include <CLI/CLI.hpp>

#include "app/question.h"

namespace vmtrail {

namespace {

struct HostQuestion : Question {
  std::string host;
  std::string at;
};

Exit host(const HostQuestion& question) {
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  const auto known = model.host(question.host);
  if (!known) return fail({ErrorCode::not_found, "host '" + question.host + "'"});
  const auto time = optional_point(question.at, model);
  if (!time) return fail(time.error());
  std::vector<InstanceAnswer> instances = all_instances(model);
  if (*time) {
    for (InstanceAnswer& instance : instances) turn_back(instance, **time);
  }
  std::erase_if(instances, [&](const InstanceAnswer& instance) {
    return !same_name(instance.host, known->name);
  });
  if (question.json()) {
    std::string body = "\"host\":{\"name\":";
    append_json(body, known->name);
    body += ",\"status\":\"" + std::string(name(known->status)) + "\",\"instances\":";
    print_answer(model, body + json_list(instances) + "}");
  } else {
    print(shown(known->name) + ": " + std::string(name(known->status)) + ", " +
          std::to_string(instances.size()) + " instance" + (instances.size() == 1 ? "" : "s") +
          "\n");
    if (!instances.empty()) print(instance_table(instances).to_string());
  }
  return Exit::fine;
}

Exit hosts(const Question& question) {
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  const std::vector<HostAnswer> all = model.hosts();
  if (question.json()) {
    print_answer(model, "\"hosts\":" + json_list(all));
    return Exit::fine;
  }
  Table table({"HOST", "STATUS", "INSTANCES"});
  for (const HostAnswer& host : all) {
    table.add({shown(host.name), std::string(name(host.status)), std::to_string(host.instances)});
  }
  print(table.to_string());
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_host(CLI::App& parser) {
  auto question = std::make_shared<HostQuestion>();
  parser.add_option("HOST", question->host, "Name of a compute host, in any case")->required();
  parser.add_option("--at", question->at, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, host);
}

std::function<Exit()> prepare_hosts(CLI::App& parser) {
  auto question = std::make_shared<Question>();
  add_common(parser, *question);
  return asking(question, hosts);
}

}  // namespace vmtrail
