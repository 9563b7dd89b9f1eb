// SPDX-License-Identifier: Apache-2.0

#include "app/query.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/saved_state.h"
#include "app/terminal.h"
#include "io/query_client.h"
#include "io/store.h"
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

// `state` is both the directory's option and, of instances, a filter: a directory is what holds a
// store, if no program is to be asked. Empty: none is given.
Result<std::string> directory(const Typed& typed, Request& request) {
  if (!has_option(typed.command, "state")) {
    return typed.states.empty() ? std::string() : typed.states.front();
  }
  if (typed.connect.empty() && typed.states.size() == 1) return typed.states.front();
  std::string found;
  bool filters = false;
  for (const std::string& state : typed.states) {
    std::error_code unreadable;
    const bool is_store =
        typed.connect.empty() && std::filesystem::exists(Store::file_in(state), unreadable);
    if (is_store ? !found.empty() : std::exchange(filters, true)) {
      return tl::unexpected(
          Error{ErrorCode::wrong_usage,
                "--state is given twice as a " + std::string(is_store ? "directory" : "vm_state")});
    }
    if (is_store) {
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
  auto state = SavedState::open(directory);
  if (!state) return tl::unexpected(state.error());
  return [state = std::shared_ptr<SavedState>(std::move(*state))](
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

// A program gives long lists in pages, which are asked for one behind the other.
struct Pages {
  const char* list;    // in the answer
  const char* option;  // of what comes next
};

// nullptr: not all of a list is wanted.
const Pages* pages_of(const Request& request) {
  static constexpr Pages kInstances{"instances", "marker"};
  static constexpr Pages kChanges{"changes", "since"};
  const std::string* const limit = request.find("limit");
  if (request.op == "instances" && limit == nullptr) return &kInstances;
  if (request.op == "changes" && limit != nullptr && *limit == "all") return &kChanges;
  return nullptr;
}

// Where the next page begins. What has been recorded since the first one is another question.
std::optional<std::string> next_page(const Json& page, const Json& first) {
  if (page.contains("next")) {
    const Json& next = page.at("next");
    return next.is_string() ? std::optional(next.get<std::string>()) : std::nullopt;
  }
  const auto since = page.at("next_since").get<std::uint64_t>();
  const bool more =
      !page.at("changes").empty() && since < first.at("sequence").get<std::uint64_t>();
  return more ? std::optional(std::to_string(since)) : std::nullopt;
}

Result<Json> all_pages(const QueryClient& ask, Request request, const Pages& pages, Json first) {
  Json rows = std::move(first[pages.list]);
  first[pages.list] = Json::array();
  Json page = first;
  page[pages.list].push_back(nullptr);  // it was not empty
  for (auto next = next_page(page, first); next; next = next_page(page, first)) {
    std::erase_if(request.options,
                  [&](const auto& option) { return option.first == pages.option; });
    request.options.emplace_back(pages.option, *next);
    const auto answer = ask(request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->error) return tl::unexpected(*answer->error);
    Json told = Json::parse(answer->json);
    // Records may have been dropped since the last page; who asks on from there is told so.
    if (told.contains("compacted") && told["compacted"] == true) break;
    page = std::move(told);
    for (Json& row : page[pages.list]) rows.push_back(std::move(row));
  }
  page[pages.list] = std::move(rows);
  return page;
}

Exit run(const Typed& typed) {
  if (auto right = check_argument(typed); !right) return fail(right.error());
  Request request = request_of(typed);
  const auto where = directory(typed, request);
  if (!where) return fail(where.error());
  const auto ask = client(typed, *where);
  if (!ask) return fail(ask.error());
  const Pages* const pages = pages_of(request);
  if (pages != nullptr && typed.output == "json" && request.find("limit") == nullptr) {
    request.options.emplace_back("limit", "all");
  }

  const auto answer = (*ask)(request);
  if (!answer) return fail(answer.error());
  if (answer->error) return fail(*answer->error);
  Json parsed = Json::parse(answer->json);
  const bool first_page = pages != nullptr && next_page(parsed, parsed);
  if (typed.output == "json" && !first_page) {
    print(answer->json + "\n");
    return Exit::fine;
  }
  if (first_page) {
    auto whole = all_pages(*ask, request, *pages, std::move(parsed));
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
  return [typed] {
    try {
      return run(*typed);
    } catch (const Json::exception&) {
      if (typed->connect.empty()) throw;
      return fail({ErrorCode::unavailable, typed->connect + ": answers as no vmtrail does"});
    }
  };
}

}  // namespace vmtrail
