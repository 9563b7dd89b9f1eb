// SPDX-License-Identifier: Apache-2.0
// vmtrail: where every VM of an OpenStack cloud is, was, and why.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "app/command.h"
#include "vmtrail/suggest.h"

namespace {

using vmtrail::Exit;

// The first word that is no option, if no command has that name.
std::optional<std::string> unknown_command(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.empty() || word.front() == '-') continue;
    const auto commands = vmtrail::commands();
    const bool known = std::any_of(commands.begin(), commands.end(),
                                   [&](const auto& command) { return command.name == word; });
    if (known) return std::nullopt;
    return word;
  }
  return std::nullopt;
}

// One screen: a line for each command, and nothing else that a line could be spared of.
class ProgramHelp : public CLI::Formatter {
 public:
  ProgramHelp() { column_width(14); }
  std::string make_help(const CLI::App* program, std::string /*name*/,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string text =
        program->get_description() +
        "\nUsage: vmtrail COMMAND … | COMMAND --help | --version | --help\nCommands:\n";
    for (const CLI::App* const command : program->get_subcommands({})) {
      if (command->get_group().empty()) continue;
      std::string line = "  " + command->get_name();
      line.resize(get_column_width(), ' ');
      text += line + command->get_description() + "\n";
    }
    return text;
  }
};

std::string with_suggestion(std::string text, const std::string& typed,
                            const std::vector<std::string_view>& words) {
  if (const auto meant = vmtrail::nearest(typed, words)) {
    text += "; did you mean '" + std::string(*meant) + "'?";
  }
  return text;
}

std::vector<std::string_view> command_names(const CLI::App& parser) {
  std::vector<std::string_view> names;
  for (const CLI::App* const command : parser.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& parser) {
  std::vector<std::string> names;
  for (const CLI::Option* option : parser.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// An option or argument that is given as nothing: a variable of a shell that is not set, as a rule.
std::optional<std::string> empty_value(const CLI::App& parser) {
  for (const CLI::Option* const option : parser.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) return option->get_name();
    }
  }
  for (const CLI::App* const command : parser.get_subcommands()) {
    if (auto found = empty_value(*command)) return found;
  }
  return std::nullopt;
}

// CLI11 puts several lines into some messages; one is enough, with the way to the help.
std::string one_line(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App* parser = &program;
  std::string path = program.get_name();
  while (!parser->get_subcommands().empty()) {
    parser = parser->get_subcommands().front();
    path += " " + parser->get_name();
  }
  const std::vector<std::string> extras = parser->remaining();
  std::string text = error.what();
  const auto option = std::find_if(extras.begin(), extras.end(), [](const std::string& extra) {
    return extra.size() > 1 && extra.front() == '-' && extra != "--";
  });
  const bool lacks_something = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool begins_with_option = option != extras.end() && option == extras.begin();
  if (lacks_something && !begins_with_option && parser->get_require_subcommand_min() > 0) {
    text = extras.empty() ? "a command is wanted"
                          : with_suggestion("unknown command '" + extras.front() + "'",
                                            extras.front(), command_names(*parser));
  } else if (option != extras.end()) {
    const std::vector<std::string> names = option_names(*parser);
    text =
        with_suggestion("unknown option '" + *option + "'", *option, {names.begin(), names.end()});
  } else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !extras.empty()) {
    text = "unexpected argument '" + extras.front() + "'";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text + " (see " + path + " --help)";
}

// What the program ends with, unless what it printed has not arrived.
int flushed(int exit) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit;
  vmtrail::complain("standard output cannot be written");
  return static_cast<int>(Exit::unreadable);
}

int run_program(int argc, char** argv) {
  auto log = spdlog::stderr_logger_st("vmtrail");
  log->set_pattern("%n: %v");
  spdlog::set_default_logger(log);

  CLI::App program{"vmtrail: where every VM of an OpenStack cloud is, was, and why", "vmtrail"};
  program.set_version_flag("--version", std::string("vmtrail ") + VMTRAIL_VERSION);
  program.set_help_flag("-h,--help", "This help; each command has its own");
  program.require_subcommand(1);
  program.formatter(std::make_shared<ProgramHelp>());
  std::function<Exit()> run;
  for (const vmtrail::Command& command : vmtrail::commands()) {
    CLI::App* const parser =
        program.add_subcommand(std::string(command.name), std::string(command.summary));
    parser->set_help_flag("-h,--help", "This help");
    if (command.summary.empty()) parser->group("");
    const auto formatter = std::make_shared<CLI::Formatter>();
    formatter->column_width(30);
    parser->formatter(formatter);
    auto prepared = command.prepare(*parser);
    parser->callback([&run, prepared = std::move(prepared)] { run = prepared; });
  }
  if (const auto word = unknown_command(argc, argv)) {
    std::vector<std::string_view> names;
    for (const vmtrail::Command& command : vmtrail::commands()) names.push_back(command.name);
    vmtrail::complain(with_suggestion("unknown command '" + *word + "'", *word, names) +
                      " (see vmtrail --help)");
    return static_cast<int>(Exit::usage);
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return flushed(program.exit(help));
  } catch (const CLI::ParseError& error) {
    vmtrail::complain(one_line(program, error));
    return static_cast<int>(Exit::usage);
  }
  if (const auto option = empty_value(program)) {
    vmtrail::complain(*option + ": nothing is given (see vmtrail --help)");
    return static_cast<int>(Exit::usage);
  }
  return flushed(static_cast<int>(run()));
}

// What is opened must not come to be standard output because that is closed. Using it fails still.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    const int wrong_way = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", wrong_way) != stream) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  // What is thrown comes from the libraries and the allocator; input never throws.
  try {
    return run_program(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vmtrail: %s\n", error.what());
    return static_cast<int>(Exit::unreadable);
  }
}
