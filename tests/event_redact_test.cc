// SPDX-License-Identifier: Apache-2.0
// Authentication tokens.

#include <string>

#include <catch2/catch.hpp>

#include "vmtrail/decoder.h"

using vmtrail::redact;

TEST_CASE("the values of auth tokens are blanked and nothing else is") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {R"({"a": "b"})", R"({"a": "b"})"},
      {R"({"_context_auth_token": "SECRET", "b": 1})", R"({"_context_auth_token": "***", "b": 1})"},
      {R"({"auth_token":"SECRET"})", R"({"auth_token":"***"})"},
      {R"({"auth_token_info" : "SECRET"})", R"({"auth_token_info" : "***"})"},
      {R"({"auth_token": "SEC\"RET", "b": 1})", R"({"auth_token": "***", "b": 1})"},
      {R"({"auth_token": null})", R"({"auth_token": null})"},
      {R"({"auth_token": 12345, "b": 1})", R"({"auth_token": ***, "b": 1})"},
      {R"({"auth_token": {"id": "SECRET", "x": [1]}, "b": 1})", R"({"auth_token": ***, "b": 1})"},
      {R"({"m": "{\"_context_auth_token\": \"SECRET\", \"b\": 1}"})",
       R"({"m": "{\"_context_auth_token\": \"***\", \"b\": 1}"})"},
      {R"({"m": "{\"auth_token\": \"SEC\\\"RET\", \"b\": 1}"})",
       R"({"m": "{\"auth_token\": \"***\", \"b\": 1}"})"},
      {R"("\\\"auth_token\\\": \\\"SECRET\\\", x")", R"("\\\"auth_token\\\": \\\"***\\\", x")"},
      {R"({'_context_auth_token': u'SECRET', 'b': 1})",
       R"({'_context_auth_token': u'***', 'b': 1})"},
      {R"({'auth_token': None})", R"({'auth_token': None})"},
      {R"({"auth_token": "SECR)", R"({"auth_token": "***)"},
      {R"({"auth_token": "a", "auth_token": "b"})",
       R"({"auth_token": "***", "auth_token": "***"})"},
      {R"(an auth_token is secret)", R"(an auth_token is secret)"},
      {R"({"auth_token)", R"({"auth_token)"},
      {R"({"auth_token": )", R"({"auth_token": )"},
      {R"({"auth_token": "", "b": 1})", R"({"auth_token": "", "b": 1})"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(redact(row.text) == row.expected);
  }
}

TEST_CASE("no prefix of a message lets its token through") {
  const std::string text =
      R"({"oslo.message": "{\"_context_auth_token\": \"gAAAAABSECRET\", \"payload\": {}}"})";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    CHECK(redact(text.substr(0, size)).find("gAAA") == std::string::npos);
  }
}
