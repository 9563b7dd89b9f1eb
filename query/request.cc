// SPDX-License-Identifier: Apache-2.0
// Requests as JSON.

#include <nlohmann/json.hpp>

#include "vmtrail/query.h"

namespace vmtrail {

namespace {

using Json = nlohmann::json;

tl::unexpected<Error> wrong(std::string detail) {
  return tl::unexpected(Error{ErrorCode::wrong_usage, std::move(detail)});
}

// nullopt: it is neither text nor number nor truth.
std::optional<std::string> text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

}  // namespace

const std::string* Request::find(std::string_view option) const {
  for (const auto& [name, value] : options) {
    if (name == option && !value.empty()) return &value;
  }
  return nullptr;
}

Result<Request> parse_request(std::string_view json) {
  const Json object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) return wrong("the request is not JSON");
  if (!object.is_object() || !object.contains("op") || !object["op"].is_string()) {
    return wrong(R"(the request is no object with an "op" ({"op":"where","instance":"web-1"}))");
  }
  Request request;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null() || value == false) continue;
    std::optional<std::string> text = text_of(value);
    if (!text) return wrong("the value of '" + key + "' is neither text nor a whole number");
    if (key == "op") {
      request.op = std::move(*text);
    } else {
      request.options.emplace_back(key, std::move(*text));
    }
  }
  return request;
}

}  // namespace vmtrail
