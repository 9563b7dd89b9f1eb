// SPDX-License-Identifier: Apache-2.0
// vmtrail pages: writes man pages and completions into a directory. For the build; not in the help.

#include "app/pages.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "app/command.h"
#include "io/output_file.h"

namespace vmtrail {

namespace {

namespace fs = std::filesystem;

// CLI11 describes a set of words as "{a,b}".
std::vector<std::string> words_in(const CLI::Option& option) {
  std::vector<std::string> words;
  const std::string described = option.get_type_name();
  const std::size_t open = described.find('{');
  const std::size_t close = described.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return words;
  std::string word;
  for (const char c : described.substr(open + 1, close - open - 1) + ",") {
    if (c != ',') {
      word += c;
    } else {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

OptionHelp help_of(const CLI::Option& option) {
  OptionHelp help;
  help.text = option.get_description();
  help.values = words_in(option);
  if (option.get_expected_max() > 0 && option.get_type_size_max() > 0) {
    const std::string described = option.get_type_name();
    help.type = described.substr(0, described.find_first_of(":{"));
  }
  if (option.get_positional()) {
    help.flags = option.get_name(true);
    return help;
  }
  for (const std::string& name : option.get_snames()) help.flags += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) help.longest = "--" + name;
  help.flags += help.longest;
  return help;
}

Result<void> write(const fs::path& path, const std::string& text) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  auto output = OutputFile::open(path.string());
  if (!output) return tl::unexpected(output.error());
  output->write(text);
  return output->close();
}

Result<void> write_all(const CLI::App& program, const fs::path& directory) {
  std::vector<std::pair<fs::path, std::string>> pages = {
      {"man/man1/vmtrail.1", man_page(program)},
      {"bash-completion/completions/vmtrail", bash_completion(program)},
      {"zsh/site-functions/_vmtrail", zsh_completion(program)},
      {"fish/vendor_completions.d/vmtrail.fish", fish_completion(program)}};
  for (const CLI::App* const command : commands_of(program)) {
    pages.emplace_back("man/man1/vmtrail-" + command->get_name() + ".1", man_page(*command));
  }
  for (const auto& [path, text] : pages) {
    if (auto written = write(directory / path, text); !written) return written;
  }
  return {};
}

}  // namespace

std::vector<OptionHelp> options_of(const CLI::App& command) {
  std::vector<OptionHelp> options;
  for (const CLI::Option* const option : command.get_options()) options.push_back(help_of(*option));
  return options;
}

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  return program.get_subcommands(
      [](const CLI::App* command) { return !command->get_group().empty(); });
}

std::function<Exit()> prepare_pages(CLI::App& parser) {
  auto directory = std::make_shared<std::string>();
  parser.add_option("DIR", *directory, "Where to write")->required();
  return [directory, &parser] {
    const auto written = write_all(*parser.get_parent(), *directory);
    return written ? Exit::fine : fail(written.error());
  };
}

}  // namespace vmtrail
