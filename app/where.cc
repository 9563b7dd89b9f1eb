// SPDX-License-Identifier: Apache-2.0
// vmtrail where: one instance, now or at a time.

#include <CLI/CLI.hpp>

#include "app/question.h"

namespace vmtrail {

namespace {

std::string described(const InstanceAnswer& instance) {
  std::string text = shown(instance.name) + " (" + instance.id.to_string() + ")\n";
  const auto line = [&](std::string_view label, const std::string& value) {
    text += "  ";
    text += label;
    text.append(12 - label.size(), ' ');
    text += value + "\n";
  };
  line("host", shown(instance.host) + " (" + std::string(name(instance.confidence)) + ")");
  if (!instance.timeline.empty() && !instance.timeline.back().to) {
    const Interval& now = instance.timeline.back();
    line("since", to_string(now.from) + ", by " + std::string(now.cause));
  }
  line("vm_state", shown(instance.vm_state));
  line("task_state", shown(instance.task_state));
  line("power", shown(name(instance.power_state)));
  if (instance.operation) {
    line("operation", std::string(instance.operation->kind) + " since " +
                          to_string(instance.operation->started_at));
  }
  line("project", shown(instance.project_id));
  line("updated", to_string(instance.updated_at));
  if (const auto& decision = instance.decided_by) {
    line("because", shown(decision->event_type) + " " + shown(decision->message_id.to_string()));
    line("", decision->at + " " + std::string(decision->rule) + ": " + std::string(decision->why));
  }
  return text;
}

struct WhereQuestion : Question {
  std::string instance;
  std::string at;
};

Exit where(const WhereQuestion& question) {
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  const auto id = model.find(question.instance);
  if (!id) return fail(id.error());
  const auto time = optional_point(question.at, model);
  if (!time) return fail(time.error());
  InstanceAnswer instance = *model.instance(*id);
  if (*time) turn_back(instance, **time);
  if (question.json()) {
    std::string body;
    if (*time) body += "\"at\":\"" + to_string(**time) + "\",";
    body += "\"instance\":";
    append_json(body, instance);
    print_answer(model, body);
  } else if (*time) {
    print(shown(instance.name) + " (" + instance.id.to_string() + ") at " + to_string(**time) +
          "\n  host        " + shown(instance.host) + " (" +
          std::string(name(instance.confidence)) + ")\n");
  } else {
    print(described(instance));
  }
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_where(CLI::App& parser) {
  auto question = std::make_shared<WhereQuestion>();
  parser.add_option("INSTANCE", question->instance, kInstanceHelp)->required();
  parser.add_option("--at", question->at, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, where);
}

}  // namespace vmtrail
