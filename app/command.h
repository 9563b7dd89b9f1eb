// SPDX-License-Identifier: Apache-2.0
// A command of the program: its name, its options, and what it does.

#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "vmtrail/error.h"

namespace CLI {
class App;
}

namespace vmtrail {

/// What the program returns to the shell.
enum class Exit : int {
  fine = 0,
  no = 1,           ///< the answer is no: an unknown instance, drift, a failed test
  usage = 2,        ///< wrong usage
  unreadable = 3,   ///< input or state cannot be read
  unreachable = 4,  ///< a service does not answer
};

struct Command {
  std::string_view name;
  std::string_view summary;  ///< empty: the help does not list it
  /// Adds the options to a parser, and returns what to run once they are parsed.
  std::function<Exit()> (*prepare)(CLI::App& parser);
};

/// Every command, in the order of the help.
[[nodiscard]] std::span<const Command> commands();

/// One line on standard error: "vmtrail: …".
void complain(std::string_view what);
/// The same of an error, with the exit that it means.
Exit fail(const Error& error);

// The commands, each in a file of its own or with its siblings.
std::function<Exit()> prepare_replay(CLI::App& parser);
std::function<Exit()> prepare_serve(CLI::App& parser);
std::function<Exit()> prepare_query(CLI::App& parser);  ///< every command that is a question
std::function<Exit()> prepare_pages(CLI::App& parser);
std::function<Exit()> prepare_reconcile(CLI::App& parser);
std::function<Exit()> prepare_rules(CLI::App& parser);
std::function<Exit()> prepare_store(CLI::App& parser);
std::function<Exit()> prepare_watch(CLI::App& parser);
std::function<Exit()> prepare_keygen(CLI::App& parser);

}  // namespace vmtrail
