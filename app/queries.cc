// SPDX-License-Identifier: Apache-2.0
// The commands that ask: each reads a state directory and prints a table or JSON.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/table.h"
#include "io/store.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

// What every query takes.
struct Question {
  std::string state;
  std::string output = "table";

  [[nodiscard]] bool json() const { return output == "json"; }
};

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

struct Asked {
  RuleSet rules = RuleSet::shipped();
  Model model;
};

Result<std::unique_ptr<Asked>> open(const Question& question) {
  auto store = Store::open(question.state, Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  auto asked = std::make_unique<Asked>();
  if (auto loaded = store->load(asked->model, asked->rules); !loaded) {
    return tl::unexpected(loaded.error());
  }
  return asked;
}

// A point in time, or how long before the newest event.
Result<Time> point(const std::string& text, const Model& model) {
  if (const auto time = parse_time(text)) return *time;
  if (const auto ago = parse_duration(text)) return model.newest_event().value_or(Time{}) - *ago;
  return tl::unexpected(
      Error{ErrorCode::wrong_usage,
            "'" + text + "' is no time (2017-01-23T06:22:02Z) and no duration (90s, 15m, 2h)"});
}

Result<std::optional<Time>> optional_point(const std::string& text, const Model& model) {
  if (text.empty()) return std::nullopt;
  const auto time = point(text, model);
  if (!time) return tl::unexpected(time.error());
  return *time;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// The head that every answer in JSON has; `body` is what follows it, from `"key":` on.
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

template <class Items>
std::string json_list(const Items& items) {
  std::string text = "[";
  for (const auto& item : items) {
    if (&item != &items.front()) text += ",\n";
    append_json(text, item);
  }
  return text + "]";
}

std::string when(const std::optional<Time>& time) {
  return time ? to_string(*time) : "-";
}

std::vector<InstanceAnswer> all_instances(const Model& model) {
  std::vector<InstanceAnswer> result;
  for (const InstanceId& id : model.instances()) result.push_back(*model.instance(id));
  return result;
}

// The same instance as it was placed at a time; its states then are not known.
void turn_back(InstanceAnswer& instance, Time time) {
  const Interval* const then = at(instance.timeline, time);
  const Interval found = then == nullptr ? Interval{{}, {}, {}, Confidence::unknown, {}} : *then;
  instance.host = found.host;
  instance.confidence = found.confidence;
  instance.vm_state = instance.task_state = {};
  instance.power_state = PowerState::unknown;
  instance.operation.reset();
  instance.decided_by.reset();
}

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

Table instance_table(const std::vector<InstanceAnswer>& instances) {
  Table table({"INSTANCE", "NAME", "HOST", "CONFIDENCE", "STATE", "TASK", "PROJECT"});
  for (const InstanceAnswer& instance : instances) {
    table.add({instance.id.to_string(), shown(instance.name), shown(instance.host),
               std::string(name(instance.confidence)), shown(instance.vm_state),
               shown(instance.task_state), shown(instance.project_id)});
  }
  return table;
}

// ---- where

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

// ---- host, hosts, instances

struct HostQuestion : Question {
  std::string host;
  std::string at;
};

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return low(x) == low(y);
  });
}

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

// ---- history

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

// ---- migrations

struct MigrationsQuestion : Question {
  bool open = false;
  bool failed = false;
  std::string since;
};

bool is_open(const Migration& migration) {
  return migration.outcome == Outcome::in_progress || migration.outcome == Outcome::uncertain ||
         migration.outcome == Outcome::stuck;
}

bool has_failed(const Migration& migration) {
  return migration.outcome == Outcome::failed || migration.outcome == Outcome::aborted;
}

Exit migrations(const MigrationsQuestion& question) {
  const auto asked = open(question);
  if (!asked) return fail(asked.error());
  const Model& model = (*asked)->model;
  const auto since = optional_point(question.since, model);
  if (!since) return fail(since.error());
  std::vector<Migration> found = model.migrations();
  std::erase_if(found, [&](const Migration& migration) {
    const bool wanted = (!question.open && !question.failed) ||
                        (question.open && is_open(migration)) ||
                        (question.failed && has_failed(migration));
    return !wanted || (*since && migration.started_at < **since);
  });
  if (question.json()) {
    print_answer(model, "\"migrations\":" + json_list(found));
    return Exit::fine;
  }
  Table table({"INSTANCE", "KIND", "SOURCE", "DESTINATION", "OUTCOME", "STARTED", "FINISHED"});
  for (const Migration& migration : found) {
    table.add({migration.instance.to_string(), std::string(name(migration.kind)),
               shown(migration.source), shown(migration.destination),
               std::string(name(migration.outcome)), to_string(migration.started_at),
               when(migration.finished_at)});
  }
  print(table.to_string());
  return Exit::fine;
}

// A question's options live as long as what runs it.
template <class Q>
std::function<Exit()> asking(std::shared_ptr<Q> question, Exit (*answer)(const Q&)) {
  return [question = std::move(question), answer] { return answer(*question); };
}

constexpr char kTimeHelp[] = "A time, or a duration before the newest event";

}  // namespace

std::function<Exit()> prepare_where(CLI::App& parser) {
  auto question = std::make_shared<WhereQuestion>();
  parser
      .add_option("INSTANCE", question->instance, "UUID, a unique prefix of one, or a unique name")
      ->required();
  parser.add_option("--at", question->at, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, where);
}

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

std::function<Exit()> prepare_history(CLI::App& parser) {
  auto question = std::make_shared<HistoryQuestion>();
  parser.add_option("INSTANCE", question->instance,
                    "UUID, a unique prefix of one, or a unique name");
  parser.add_option("--host", question->host, "What this host held, instead")->type_name("HOST");
  parser.add_option("--since", question->since, kTimeHelp)->type_name("TIME");
  parser.add_option("--until", question->until, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, history);
}

std::function<Exit()> prepare_migrations(CLI::App& parser) {
  auto question = std::make_shared<MigrationsQuestion>();
  parser.add_flag("--open", question->open, "Only those without a known end");
  parser.add_flag("--failed", question->failed, "Only failed and aborted ones");
  parser.add_option("--since", question->since, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, migrations);
}

}  // namespace vmtrail
