// SPDX-License-Identifier: Apache-2.0
// The commands that are questions: rows of a table, which one function prepares and runs.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/table.h"

namespace vmtrail {

using Json = nlohmann::ordered_json;

/// An option of a question, or its first argument: `--` and the name, or the name in capitals.
struct QueryOption {
  const char* name;  ///< in the request
  const char* type;  ///< of its value, for the help; nullptr: a flag
  const char* help;
};

/// How the answer looks: text for people, and the rows of its main table for -o csv.
struct View {
  Table (*table)(const Json& answer);
  std::string (*text)(const Json& answer, const Look& look);  ///< nullptr: the table, whole
};

struct QueryCommand {
  std::string_view name;  ///< also the request's op
  QueryOption argument;   ///< its type is nullptr: it must be given; its name is: there is none
  std::vector<QueryOption> options;
  View view;
};

/// Every command that is a question.
[[nodiscard]] std::span<const QueryCommand> query_commands();

}  // namespace vmtrail
