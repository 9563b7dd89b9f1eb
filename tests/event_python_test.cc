// SPDX-License-Identifier: Apache-2.0
// Python literals.

#include <string>

#include <catch2/catch.hpp>

#include "event/python.h"
#include "event_told.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

std::string json_of(std::string_view literal) {
  PythonTranscoder transcoder;
  std::string json;
  if (const auto flaw = transcoder.transcode(literal, json))
    return std::string(info(flaw->reason).name);
  return json;
}

}  // namespace

TEST_CASE("python literals become json") {
  struct Row {
    const char* literal;
    const char* json;
  };
  const Row rows[] = {
      {"{}", "{}"},
      {"[]", "[]"},
      {"()", "[]"},
      {" { 'a' : 1 , } ", R"({"a":1})"},
      {"(1,)", "[1]"},
      {"['a', \"b\", u'c', b'd', r'e', ur'f', Rb'g']", R"(["a","b","c","d","e","f","g"])"},
      {"'a' 'b'", R"("ab")"},
      {"[True, False, None]", "[true,false,null]"},
      {"[1, -2, +3, 12L, 1.5, 1., .5, 1e5, -1.5E-3, nan]",
       "[1,-2,3,12,1.5,1.0,0.5,1e5,-1.5E-3,null]"},
      {"{1: 2, None: 3}", R"({"1":2,"null":3})"},
      {R"('it\'s')", R"("it's")"},
      {"\"it's\"", R"("it's")"},
      {"'\"'", R"("\"")"},
      {R"('a\\b')", R"("a\\b")"},
      {R"('\n\t\r')", R"("\u000a\u0009\u000d")"},
      {R"('\x41\101\u0041\U00000041')", R"("AAAA")"},
      {R"('\0')", R"("\u0000")"},
      {R"(u'\xe9')", "\"\xc3\xa9\""},
      {R"('\xe9')", "\"\xc3\xa9\""},
      {R"('\xc3\xa9')", "\"\xc3\xa9\""},
      {R"(u'\xc3\xa9')", "\"\xc3\x83\xc2\xa9\""},
      {R"('\xe2\x82\xac')", "\"\xe2\x82\xac\""},
      {R"('\u20ac')", "\"\xe2\x82\xac\""},
      {R"(u'\ud83d\ude00')", "\"\xf0\x9f\x98\x80\""},
      {R"('\U0001f600')", "\"\xf0\x9f\x98\x80\""},
      {R"(r'\n\'')", R"("\\n\\'")"},
      {R"('\q')", R"("\\q")"},
      {"datetime.datetime(2026, 11, 22, 12, 33, 25, 149340)", R"("2026-11-22T12:33:25.149340")"},
      {"datetime.datetime(2026, 1, 2, 3, 4)", R"("2026-01-02T03:04:00")"},
      {"datetime.datetime(2026, 1, 2)", R"("2026-01-02T00:00:00")"},
      {"datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)",
       R"("2026-01-02T03:04:05")"},
      {"datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=<iso8601.Utc>)",
       R"("2026-01-02T03:04:05.000006")"},
      {"datetime.datetime(2026, 1, 2, 3, 4, tzinfo=tzoffset(None, 3600))",
       R"("2026-01-02T03:04:00")"},
      {"datetime.datetime(2026, 1, 2, 3, 4, tzinfo=tzoffset('x', 3600))",
       R"("2026-01-02T03:04:00 in another zone")"},
      {"{'a': Decimal('1)'), 'b': 1}", R"({"a":null,"b":1})"},
  };
  for (const Row& row : rows) {
    INFO(row.literal);
    CHECK(json_of(row.literal) == row.json);
  }
}

TEST_CASE("what is no python literal has a reason") {
  struct Row {
    std::string literal;
    const char* reason;
  };
  const Row rows[] = {
      {"", "incomplete"},
      {"{", "incomplete"},
      {"{'a", "incomplete"},
      {"{'a': ", "incomplete"},
      {"{'a': 'b\\", "incomplete"},
      {"{'a': datetime.datetime(2026, 1", "incomplete"},
      {"['a' 1]", "invalid_python"},
      {"{'a' 1}", "invalid_python"},
      {"{1, 2}", "invalid_python"},
      {"{(1,): 2}", "invalid_python"},
      {"[1 2]", "invalid_python"},
      {"[1]]", "invalid_python"},
      {"[1.x]", "invalid_python"},
      {"[-]", "invalid_python"},
      {"[true]", "invalid_python"},
      {"['a\nb']", "invalid_python"},
      {"['\\xg0']", "invalid_python"},
      {"[<object>]", "invalid_python"},
      {"datetime.datetime(2026)", "invalid_python"},
      {"[u'\\ud83d']", "invalid_utf8"},
      {"[u'\\ude00']", "invalid_utf8"},
      {"['\\U00110000']", "invalid_utf8"},
      {std::string(65, '['), "nested_too_deep"},
      {std::string(1000000, '['), "nested_too_deep"},
  };
  for (const Row& row : rows) {
    INFO(row.literal.substr(0, 80));
    CHECK(json_of(row.literal) == row.reason);
  }
  CHECK(json_of(std::string(64, '[') + std::string(64, ']')).size() == 128);
}

TEST_CASE("the file publisher's dictionaries are events") {
  const auto seen = decoded(
      "{u'message_id': u'm1', 'event_type': 'compute.instance.update', 'generated': "
      "datetime.datetime(2026, 11, 22, "
      "12, 33, 25, 263548), 'traits': [{'name': 'service', 'dtype': 1, 'value': 'conductor'}, "
      "{'name': 'host', "
      "'dtype': 1, 'value': 'controller01'}, {'name': 'display_name', 'dtype': 1, 'value': \"it's "
      "> <Trait: host 1 "
      "evil\"}, {'name': 'launched_at', 'dtype': 4, 'value': datetime.datetime(2026, 1, 1, 0, "
      "0)}], 'raw': {}}",
      Format::ceilometer_file);
  REQUIRE(seen.told.size() == 1);
  CHECK(seen.told[0].message_id == "m1");
  CHECK(seen.told[0].generated == "2026-11-22T12:33:25.263548Z");
  CHECK(seen.told[0][Field::publisher_service] == "conductor");
  CHECK(seen.told[0][Field::publisher_host] == "controller01");
  CHECK(seen.told[0][Field::display_name] == "it's > <Trait: host 1 evil");
}

TEST_CASE("a bad element of a python list leaves the others") {
  const auto seen = decoded(
      "[{'message_id': 'a', 'event_type': 't', 'generated': '2026-11-22 12:33:25', 'traits': []}, "
      "{'x': <y>}, "
      "{'message_id': 'b', 'event_type': 't', 'generated': '2026-11-22 12:33:25', 'traits': []}]");
  REQUIRE(seen.told.size() == 3);
  CHECK(seen.told[0].message_id == "a");
  CHECK(seen.told[1].reason == ErrorCode::invalid_python);
  CHECK(seen.told[1].bytes == "{'x': <y>}");
  CHECK(seen.told[2].message_id == "b");
}
