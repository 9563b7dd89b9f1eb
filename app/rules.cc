// SPDX-License-Identifier: Apache-2.0
// vmtrail rules: check, test and list rules files.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/rules_files.h"
#include "app/rules_list.h"
#include "app/terminal.h"
#include "vmtrail/dispatcher.h"

namespace vmtrail {

namespace {

struct RulesQuestion {
  std::vector<std::string> files;
  std::string output = "table";
  Exit (*answer)(const RulesQuestion& question, const RuleSet& rules) = nullptr;
};

Exit check(const RulesQuestion& /*question*/, const RuleSet& rules) {
  const std::vector<RuleWarning> warnings = rules.warnings();
  for (const RuleWarning& warning : warnings) print(shown(warning.message()) + "\n");
  print(counted(rules.rules().size(), "rule") + ", " + counted(rules.absences().size(), "absence") +
        ": " + (warnings.empty() ? "no warnings" : counted(warnings.size(), "warning")) + "\n");
  return Exit::fine;
}

Exit test(const RulesQuestion& /*question*/, const RuleSet& rules) {
  const SampleResults results = check_samples(rules);
  for (const std::string& failure : results.failures) print(shown(failure) + "\n");
  print(counted(results.samples, "sample") + " of " + counted(results.rules, "rule") + ": " +
        (results.failures.empty() ? std::string("all hold")
                                  : counted(results.failures.size(), "expectation") + " not met") +
        "\n");
  return results.failures.empty() ? Exit::fine : Exit::no;
}

Exit list(const RulesQuestion& question, const RuleSet& rules) {
  print(question.output == "json" ? rules_json(rules) : rules_table(rules));
  return Exit::fine;
}

Exit ask(const RulesQuestion& question) {
  const auto texts = read_rules(question.files);
  if (!texts) return fail(texts.error());
  const auto rules = RuleSet::parse(*texts);
  if (!rules) return fail(rules.error());
  return question.answer(question, *rules);
}

}  // namespace

std::function<Exit()> prepare_rules(CLI::App& parser) {
  auto question = std::make_shared<RulesQuestion>();
  parser.require_subcommand(1);
  const auto add = [&](const char* name, const char* summary, decltype(question->answer) answer) {
    CLI::App* const command = parser.add_subcommand(name, summary);
    command->add_option("FILE", question->files, "Rules files, on top of the shipped ones");
    command->callback([question, answer] { question->answer = answer; });
    return command;
  };
  add("check", "Errors and warnings, with their places", check);
  add("test", "Run the samples that the rules carry", test);
  CLI::App* const listing = add("list", "The rules in the order in which they are asked", list);
  listing->add_option("-o,--output", question->output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORM");
  return [question] { return ask(*question); };
}

}  // namespace vmtrail
