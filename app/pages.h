// SPDX-License-Identifier: Apache-2.0
// Man pages and completions, made from the same options as the help.

#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace vmtrail {

/// An option, or an argument, as the parser knows it.
struct OptionHelp {
  std::string flags;    ///< "-o, --output"; an argument's name
  std::string longest;  ///< "--output"; empty: it is an argument
  std::string type;     ///< empty: it takes no value
  std::string text;
  std::vector<std::string> values;  ///< all that it may have; none: anything
};
[[nodiscard]] std::vector<OptionHelp> options_of(const CLI::App& command);
/// Those that the help lists.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& program);

/// The page of the program, or of one command and what it holds. roff, section 1.
[[nodiscard]] std::string man_page(const CLI::App& command);

[[nodiscard]] std::string bash_completion(const CLI::App& program);
[[nodiscard]] std::string zsh_completion(const CLI::App& program);
[[nodiscard]] std::string fish_completion(const CLI::App& program);

}  // namespace vmtrail
