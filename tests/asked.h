// SPDX-License-Identifier: Apache-2.0
// Asking a model as a transport does.

#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/model_stream.h"
#include "vmtrail/query.h"

namespace vmtrail::testing {

using Options = std::vector<std::pair<std::string, std::string>>;

inline Answer asked(const Model& model, const std::string& op, Options options = {},
                    Archive* archive = nullptr) {
  const Time now = model.newest_event().value_or(Time{}) + std::chrono::seconds{90};
  return answer({op, std::move(options)},
                {.model = model, .rules = shipped_rules(), .now = now, .archive = archive});
}

/// The answer of what must not fail.
inline nlohmann::json told(const Model& model, const std::string& op, Options options = {},
                           Archive* archive = nullptr) {
  const Answer answer = asked(model, op, std::move(options), archive);
  if (answer.error) throw std::runtime_error(op + ": " + answer.error->message());
  return nlohmann::json::parse(answer.json);
}

inline std::string text_of(const nlohmann::json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

}  // namespace vmtrail::testing
