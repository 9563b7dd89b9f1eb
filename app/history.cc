// SPDX-License-Identifier: Apache-2.0
// vmtrail history: where an instance was, or what a host held.

#include <algorithm>

#include <CLI/CLI.hpp>

#include "app/question.h"

namespace vmtrail {

namespace {

struct HistoryQuestion : Question {
  std::string instance;
  std::string host;
  std::string since;
  std::string until;
};

struct Stay {
  InstanceId id;
  std::string_view name;
  Interval interval;
};

Exit history(const HistoryQuestion& question) {
  if (question.instance.empty() == question.host.empty()) {
    return fail({ErrorCode::wrong_usage, "history wants an INSTANCE or --host HOST, one of them"});
  }
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  const auto since = optional_point(question.since, model);
  if (!since) return fail(since.error());
  const auto until = optional_point(question.until, model);
  if (!until) return fail(until.error());
  const auto in_view = [&](const Interval& interval) {
    return (!*since || !interval.to || *interval.to > **since) &&
           (!*until || interval.from < **until);
  };

  std::vector<Stay> stays;
  if (!question.instance.empty()) {
    const auto id = model.find(question.instance);
    if (!id) return fail(id.error());
    const InstanceAnswer instance = *model.instance(*id);
    for (const Interval& interval : instance.timeline) {
      if (in_view(interval)) stays.push_back({*id, instance.name, interval});
    }
  } else {
    if (!model.host(question.host)) {
      return fail({ErrorCode::not_found, "host '" + question.host + "'"});
    }
    for (const InstanceAnswer& instance : all_instances(model)) {
      for (const Interval& interval : instance.timeline) {
        if (same_name(interval.host, question.host) && in_view(interval)) {
          stays.push_back({instance.id, instance.name, interval});
        }
      }
    }
    std::sort(stays.begin(), stays.end(), [](const Stay& a, const Stay& b) {
      return a.interval.from != b.interval.from ? a.interval.from < b.interval.from : a.id < b.id;
    });
  }

  if (question.json()) {
    std::string body = "\"history\":[";
    for (const Stay& stay : stays) {
      if (&stay != &stays.front()) body += ",\n";
      if (question.host.empty()) {
        append_json(body, stay.interval);
        continue;
      }
      std::string interval;
      append_json(interval, stay.interval);
      body += "{\"instance\":\"" + stay.id.to_string() + "\"," + interval.substr(1);
    }
    print_answer(model, body + "]");
    return Exit::fine;
  }
  Table table(
      question.host.empty()
          ? std::vector<std::string>{"HOST", "FROM", "TO", "CONFIDENCE", "CAUSE"}
          : std::vector<std::string>{"INSTANCE", "NAME", "FROM", "TO", "CONFIDENCE", "CAUSE"});
  for (const Stay& stay : stays) {
    std::vector<std::string> row;
    if (question.host.empty()) {
      row = {shown(stay.interval.host)};
    } else {
      row = {stay.id.to_string(), shown(stay.name)};
    }
    row.insert(row.end(),
               {to_string(stay.interval.from), when(stay.interval.to),
                std::string(name(stay.interval.confidence)), std::string(stay.interval.cause)});
    table.add(std::move(row));
  }
  print(table.to_string());
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_history(CLI::App& parser) {
  auto question = std::make_shared<HistoryQuestion>();
  parser.add_option("INSTANCE", question->instance, kInstanceHelp);
  parser.add_option("--host", question->host, "What this host held, instead")->type_name("HOST");
  parser.add_option("--since", question->since, kTimeHelp)->type_name("TIME");
  parser.add_option("--until", question->until, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, history);
}

}  // namespace vmtrail
