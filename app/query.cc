// SPDX-License-Identifier: Apache-2.0

#include "app/query.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/state.h"
#include "app/terminal.h"
#include "io/query_client.h"
#include "vmtrail/query.h"

namespace vmtrail {

namespace {

/// What was typed; the parser writes into it.
struct Typed {
  const QueryCommand& command;
  std::vector<std::string> states;  // the directory, and perhaps a vm_state: both are --state
  std::string connect;              // a program instead of a directory
  std::string output = "table";
  std::map<std::string, std::string> values;
  std::map<std::string, bool> flags;
};

std::string in_capitals(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

bool has_option(const QueryCommand& command, std::string_view name) {
  return std::any_of(command.options.begin(), command.options.end(),
                     [&](const QueryOption& option) { return option.name == name; });
}

// `state` is both the directory's option and, of instances, a filter. Empty: none is given.
Result<std::string> directory(const Typed& typed, Request& request) {
  if (!has_option(typed.command, "state")) {
    return typed.states.empty() ? std::string() : typed.states.front();
  }
  std::string found;
  for (const std::string& state : typed.states) {
    if (std::filesystem::is_directory(state)) {
      found = state;
    } else {
      request.options.emplace_back("state", state);
    }
  }
  if (!found.empty() || typed.states.empty() || !typed.connect.empty()) return found;
  return tl::unexpected(
      Error{ErrorCode::wrong_usage, "none of --state is a directory that replay has filled"});
}

// Whom to ask: the directory itself, or a program.
Result<QueryClient> client(const Typed& typed, const std::string& directory) {
  if (directory.empty() == typed.connect.empty()) {
    return tl::unexpected(Error{
        ErrorCode::wrong_usage,
        std::string(typed.command.name) + " wants --state DIR or --connect URL, one of them"});
  }
  if (!typed.connect.empty()) {
    const auto url = parse_url(typed.connect);
    if (!url) return tl::unexpected(url.error());
    return open_query_client(*url);
  }
  auto state = State::open(directory);
  if (!state) return tl::unexpected(state.error());
  return [state = std::shared_ptr<State>(std::move(*state))](
             const Request& request) -> Result<Answer> { return state->ask(request); };
}

// Where the argument may be left out, the option host stands for it.
Result<void> check_argument(const Typed& typed) {
  const QueryOption& argument = typed.command.argument;
  if (argument.name == nullptr || argument.type == nullptr) return {};
  if (typed.values.at(argument.name).empty() != typed.values.at("host").empty()) return {};
  return tl::unexpected(Error{ErrorCode::wrong_usage,
                              std::string(typed.command.name) + " wants an " +
                                  in_capitals(argument.name) + " or --host HOST, one of them"});
}

Request request_of(const Typed& typed) {
  Request request{std::string(typed.command.name), {}};
  for (const auto& [name, value] : typed.values) {
    if (!value.empty()) request.options.emplace_back(name, value);
  }
  for (const auto& [name, given] : typed.flags) {
    if (given) request.options.emplace_back(name, "true");
  }
  return request;
}

// Long lists come in pages, so that what is parsed at once stays small.
Result<Json> all_pages(const QueryClient& ask, Request request, const Answer& first) {
  Json whole = Json::parse(first.json);
  for (Json page = whole; page.contains("next") && page["next"].is_string();) {
    std::erase_if(request.options, [](const auto& option) { return option.first == "marker"; });
    request.options.emplace_back("marker", page["next"].get<std::string>());
    const auto next = ask(request);
    if (!next) return tl::unexpected(next.error());
    if (next->error) return tl::unexpected(*next->error);
    page = Json::parse(next->json);
    for (Json& row : page["instances"]) whole["instances"].push_back(std::move(row));
  }
  if (whole.contains("next")) whole["next"] = nullptr;
  return whole;
}

Exit run(const Typed& typed) {
  if (auto right = check_argument(typed); !right) return fail(right.error());
  Request request = request_of(typed);
  const auto where = directory(typed, request);
  if (!where) return fail(where.error());
  const auto ask = client(typed, *where);
  if (!ask) return fail(ask.error());
  const bool whole_list = has_option(typed.command, "marker") && request.find("limit") == nullptr;
  if (whole_list && typed.output == "json") request.options.emplace_back("limit", "all");

  const auto answer = (*ask)(request);
  if (!answer) {
    fail(answer.error());
    return Exit::unreachable;
  }
  if (answer->error) return fail(*answer->error);
  Json parsed = Json::parse(answer->json);
  const bool first_page = whole_list && parsed["next"].is_string();
  if (typed.output == "json" && !first_page) {
    print(answer->json + "\n");
    return Exit::fine;
  }
  if (first_page) {
    auto whole = all_pages(*ask, request, *answer);
    if (!whole) return fail(whole.error());
    parsed = std::move(*whole);
  }
  if (typed.output == "json") {
    print(parsed.dump() + "\n");
    return Exit::fine;
  }
  const View& view = typed.command.view;
  if (typed.output == "csv") {
    print(view.table(parsed).to_csv());
  } else if (const Look look = look_of_stdout(); view.text != nullptr) {
    print(view.text(parsed, look));
  } else {
    print(view.table(parsed).to_string(look));
  }
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_query(CLI::App& parser) {
  const auto commands = query_commands();
  const auto command = std::find_if(commands.begin(), commands.end(), [&](const QueryCommand& one) {
    return one.name == parser.get_name();
  });
  auto typed = std::make_shared<Typed>(Typed{*command, {}, {}, "table", {}, {}});
  if (const QueryOption& argument = command->argument; argument.name != nullptr) {
    parser.add_option(in_capitals(argument.name), typed->values[argument.name], argument.help)
        ->required(argument.type == nullptr);
  }
  for (const QueryOption& option : command->options) {
    if (option.name == std::string_view("state")) continue;
    const std::string flag = std::string("--") + option.name;
    if (option.type == nullptr) {
      parser.add_flag(flag, typed->flags[option.name], option.help);
    } else {
      parser.add_option(flag, typed->values[option.name], option.help)->type_name(option.type);
    }
  }
  const bool twice = has_option(*command, "state");
  parser
      .add_option("--state", typed->states,
                  twice ? "Filled by replay; a second one: a vm_state"
                        : "Directory that replay --state has filled")
      ->expected(1)
      ->multi_option_policy(twice ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw)
      ->type_name(twice ? "DIR|STATE" : "DIR");
  parser.add_option("--connect", typed->connect, "Ask the daemon that listens there instead")
      ->type_name("URL");
  parser.add_option("-o,--output", typed->output, "table, csv or json")
      ->check(CLI::IsMember({"table", "csv", "json"}))
      ->type_name("FORM");
  return [typed] { return run(*typed); };
}

}  // namespace vmtrail
