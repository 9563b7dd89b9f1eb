// SPDX-License-Identifier: Apache-2.0
// Completions: commands, options, and what an option's value may be.

#include <string_view>

#include "app/pages.h"

namespace vmtrail {

namespace {

/// What a value is, for the shell to complete.
enum class Value { none, words, file, directory, other };

Value value_of(const OptionHelp& option) {
  if (option.type.empty() && option.values.empty()) return Value::none;
  if (!option.values.empty()) return Value::words;
  if (option.type.starts_with("DIR")) return Value::directory;
  return option.type.starts_with("F") ? Value::file : Value::other;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// In single quotes; the text has none that a shell would end at.
std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// zsh ends a description at a bracket, and a message at a colon.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string names(const std::vector<const CLI::App*>& commands) {
  std::string text;
  for (const CLI::App* const one : commands) text += (text.empty() ? "" : " ") + one->get_name();
  return text;
}

// The case of one command: what follows an option, then the options and the commands in it.
std::string bash_case(const CLI::App& command) {
  std::string cases;
  std::string flags;
  for (const OptionHelp& option : options_of(command)) {
    if (option.longest.empty()) continue;
    flags += (flags.empty() ? "" : " ") + option.longest;
    std::string pattern;
    for (const char c : option.flags) pattern += c == ',' ? std::string(" |") : std::string(1, c);
    switch (value_of(option)) {
      case Value::none:
        break;
      case Value::words:
        cases += "        " + pattern + ") COMPREPLY=($(compgen -W " +
                 in_quotes(joined(option.values)) + " -- \"$word\")); return ;;\n";
        break;
      case Value::directory:
        cases += "        " + pattern + ") COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n";
        break;
      case Value::file:
      case Value::other:
        cases += "        " + pattern + ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
        break;
    }
  }
  const std::string inner = names(commands_of(command));
  std::string text = "    " + command.get_name() + ")\n";
  if (!cases.empty()) text += "      case $before in\n" + cases + "      esac\n";
  text += "      words=" + in_quotes(flags + (inner.empty() ? "" : " " + inner)) + " ;;\n";
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  const std::string commands = names(commands_of(program));
  std::string text =
      "# bash completion for vmtrail; made from the help.\n_vmtrail() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command=${COMP_WORDS[1]} words=\n"
      "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W " +
      in_quotes(commands + " --help --version") +
      " -- \"$word\"))\n    return\n  fi\n  case $command in\n";
  for (const CLI::App* const command : commands_of(program)) text += bash_case(*command);
  return text +
         "  esac\n"
         "  if [[ $word == -* || -z $word ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n  else\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\"))\n"
         "  fi\n}\ncomplete -o filenames -F _vmtrail vmtrail\n";
}

std::string zsh_completion(const CLI::App& program) {
  std::string text =
      "#compdef vmtrail\n# Made from the help.\n_vmtrail() {\n  local -a commands=(\n";
  for (const CLI::App* const command : commands_of(program)) {
    text +=
        "    " + in_quotes(command->get_name() + ":" + zsh_text(command->get_description())) + "\n";
  }
  text +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n  case $command in\n";
  for (const CLI::App* const command : commands_of(program)) {
    text += "    " + command->get_name() + ")\n      _arguments";
    for (const OptionHelp& option : options_of(*command)) {
      std::string spec;
      if (option.longest.empty()) {
        spec = "*:" + zsh_text(option.flags) + ":_files";
      } else {
        spec = option.longest + "[" + zsh_text(option.text) + "]";
        switch (value_of(option)) {
          case Value::none:
            break;
          case Value::words:
            spec += ":" + zsh_text(option.type) + ":(" + joined(option.values) + ")";
            break;
          case Value::directory:
            spec += ":" + zsh_text(option.type) + ":_files -/";
            break;
          case Value::file:
            spec += ":" + zsh_text(option.type) + ":_files";
            break;
          case Value::other:
            spec += ":" + zsh_text(option.type) + ":";
            break;
        }
      }
      text += " \\\n        " + in_quotes(spec);
    }
    const std::string inner = names(commands_of(*command));
    if (!inner.empty()) text += " \\\n        " + in_quotes("1:command:(" + inner + ")");
    text += " ;;\n";
  }
  return text + "  esac\n}\n_vmtrail \"$@\"\n";
}

std::string fish_completion(const CLI::App& program) {
  std::string text = "# fish completion for vmtrail; made from the help.\n";
  for (const CLI::App* const command : commands_of(program)) {
    text += "complete -c vmtrail -n __fish_use_subcommand -f -a " + command->get_name() + " -d " +
            in_quotes(command->get_description()) + "\n";
    const std::string when =
        "complete -c vmtrail -n '__fish_seen_subcommand_from " + command->get_name() + "'";
    for (const CLI::App* const inner : commands_of(*command)) {
      text += when + " -f -a " + inner->get_name() + " -d " + in_quotes(inner->get_description()) +
              "\n";
    }
    for (const OptionHelp& option : options_of(*command)) {
      if (option.longest.empty()) continue;
      text += when + " -l " + option.longest.substr(2) + " -d " + in_quotes(option.text);
      switch (value_of(option)) {
        case Value::none:
          break;
        case Value::words:
          text += " -x -a " + in_quotes(joined(option.values));
          break;
        case Value::directory:
          text += " -x -a '(__fish_complete_directories)'";
          break;
        case Value::file:
          text += " -r -F";
          break;
        case Value::other:
          text += " -x";
          break;
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace vmtrail
