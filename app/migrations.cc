// SPDX-License-Identifier: Apache-2.0
// vmtrail migrations.

#include <CLI/CLI.hpp>

#include "app/question.h"

namespace vmtrail {

namespace {

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

}  // namespace

std::function<Exit()> prepare_migrations(CLI::App& parser) {
  auto question = std::make_shared<MigrationsQuestion>();
  parser.add_flag("--open", question->open, "Only those without a known end");
  parser.add_flag("--failed", question->failed, "Only failed and aborted ones");
  parser.add_option("--since", question->since, kTimeHelp)->type_name("TIME");
  add_common(parser, *question);
  return asking(question, migrations);
}

}  // namespace vmtrail
