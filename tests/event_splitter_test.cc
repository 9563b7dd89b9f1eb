// SPDX-License-Identifier: Apache-2.0
// Cutting a stream into frames.

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "vmtrail/decoder.h"

using namespace vmtrail;

namespace {

struct Cut {
  std::string bytes;
  std::uint64_t offset;
  std::uint64_t line;
  bool too_long;

  friend bool operator==(const Cut&, const Cut&) = default;
};

std::ostream& operator<<(std::ostream& out, const Cut& cut) {
  return out << cut.offset << "/" << cut.line << (cut.too_long ? "!" : "") << ":" << cut.bytes
             << "|";
}

std::vector<Cut> cuts(std::string_view text, std::size_t max_frame = Splitter::kMaxFrame) {
  std::vector<Cut> all;
  Splitter splitter(max_frame);
  while (const auto frame = splitter.next(text, true)) {
    all.push_back({std::string(frame->bytes), frame->offset, frame->line, frame->too_long});
    text.remove_prefix(splitter.consumed());
  }
  return all;
}

/// The same with a window that grows by random steps.
std::vector<Cut> cuts_in_steps(std::string_view text, std::size_t max_frame, std::mt19937& random,
                               std::size_t step) {
  std::vector<Cut> all;
  Splitter splitter(max_frame);
  std::size_t begin = 0;
  std::size_t end = 0;
  for (;;) {
    const bool last = end == text.size();
    // A copy of its own size, so that a sanitizer sees a read beyond it.
    const std::vector<char> window(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                   text.begin() + static_cast<std::ptrdiff_t>(end));
    const auto frame = splitter.next({window.data(), window.size()}, last);
    begin += splitter.consumed();
    if (frame) {
      all.push_back({std::string(frame->bytes), frame->offset, frame->line, frame->too_long});
    } else if (last) {
      return all;
    } else {
      end = std::min(text.size(), end + 1 + random() % step);
    }
  }
}

std::vector<std::string> frames(std::string_view text,
                                std::size_t max_frame = Splitter::kMaxFrame) {
  std::vector<std::string> all;
  for (const Cut& cut : cuts(text, max_frame)) all.push_back((cut.too_long ? "!" : "") + cut.bytes);
  return all;
}

using Frames = std::vector<std::string>;

}  // namespace

TEST_CASE("streams are cut into lines and documents") {
  struct Row {
    const char* name;
    const char* text;
    Frames expected;
  };
  const Row rows[] = {
      {"nothing", "", {}},
      {"blank lines", "\n \r\n\t\n", {}},
      {"lines", "one\ntwo\r\n\nthree", {"one", "two", "three"}},
      {"json lines", "{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"}},
      {"lists, one a line",
       "[{\"a\":1}]\n[{\"b\":2},{\"c\":3}]\n",
       {"[{\"a\":1}]", "[{\"b\":2},{\"c\":3}]"}},
      {"json lines with commas", "{\"a\":1},\n{\"b\":2},\n", {"{\"a\":1}", "{\"b\":2}"}},
      {"documents in one line", "{\"a\":1}{\"b\":2}\n", {"{\"a\":1}{\"b\":2}"}},
      {"a pretty object",
       "{\n  \"a\": [\n    1\n  ]\n}\nnext\n",
       {"{\n  \"a\": [\n    1\n  ]\n}", "next"}},
      {"a first line that ends with a bracket",
       "{\"a\": {},\n \"b\": 1}\n",
       {"{\"a\": {},\n \"b\": 1}"}},
      {"a pretty list",
       "[\n  {\n    \"a\": 1\n  },\n  {\"b\": 2}\n]\nnext\n",
       {"{\n    \"a\": 1\n  }", "{\"b\": 2}", "next"}},
      {"a list with an element a line", "[{\"a\":1},\n{\"b\":2}]\n", {"{\"a\":1}", "{\"b\":2}"}},
      {"other elements", "[{},\n 1, \"x\", [2]\n]", {"{}", "1", "\"x\"", "[2]"}},
      {"brackets in strings",
       "{\"a\": \"}{[\\\"\",\n\"b\":1}\n",
       {"{\"a\": \"}{[\\\"\",\n\"b\":1}"}},
      {"a broken line", "{\"a\": \"b\n{\"c\":1}\n", {"{\"a\": \"b", "{\"c\":1}"}},
      {"a line broken between values", "{\"a\": 1,\n{\"c\":1}\n", {"{\"a\": 1", "{\"c\":1}"}},
      {"a broken line before one with a blank in front",
       "{ \"a\": [1,\n{ \"c\":1}\n{\t\"d\":1}\n",
       {"{ \"a\": [1", "{ \"c\":1}", "{\t\"d\":1}"}},
      {"a broken line before a list with a blank in front",
       "{ \"a\": [1,\n[ {\"c\":1}]\n",
       {"{ \"a\": [1", "[ {\"c\":1}]"}},
      {"a broken list before a list",
       "[{\"a\":1},{\"b\":\n[{\"c\":1}]\n",
       {"{\"a\":1}", "{\"b\":", "[{\"c\":1}]"}},
      {"a broken line before a log",
       "{\"a\": [1,\n2017-01-23 06:22 INFO x\n",
       {"{\"a\": [1", "2017-01-23 06:22 INFO x"}},
      {"a broken line before an event",
       "{\"a\": [1,\n  x <Event: y>\nz\n",
       {"{\"a\": [1", "x <Event: y>", "z"}},
      {"true and its like are no text",
       "{\"a\":\ntrue,\n\"b\":\nnull}\nx\n",
       {"{\"a\":\ntrue,\n\"b\":\nnull}", "x"}},
      {"a log line with brackets in front", "[INFO] x {\n[2017] y\n", {"[INFO] x {", "[2017] y"}},
      {"a log line with an open brace", "{x <Event: a\nb\n", {"{x <Event: a", "b"}},
      {"python",
       "{'a': '}', 'b': \"it's\"}\n{'c': 1}\n",
       {"{'a': '}', 'b': \"it's\"}", "{'c': 1}"}},
      {"python over lines",
       "{'a': '\"{',\n 'b': u'x'}\n{u'c': 1}\n",
       {"{'a': '\"{',\n 'b': u'x'}", "{u'c': 1}"}},
      {"the end within a document", "{\"a\": [1,\n", {"{\"a\": [1"}},
      {"the end within a list", "[{\"a\":1},{\"b\":2},{\"c", {"{\"a\":1}", "{\"b\":2}", "{\"c"}},
      {"more closing brackets than open", "{\"a\":1}}}\n{\"b\":1}\n", {"{\"a\":1}}}", "{\"b\":1}"}},
      {"an empty list", "[]\n[ ]\nx\n", {"[]", "[ ]", "x"}},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(frames(row.text) == row.expected);
  }
}

TEST_CASE("numbers in the first column belong to their document, dates do not") {
  CHECK(frames("{\n\"a\": [\n1,\n-2.5e3\n],\n\"b\":\n3}\nx\n") ==
        Frames{"{\n\"a\": [\n1,\n-2.5e3\n],\n\"b\":\n3}", "x"});
  CHECK(frames("{\"a\": [1,\n2017-01-23 06:22 x\n") == Frames{"{\"a\": [1", "2017-01-23 06:22 x"});
}

TEST_CASE("garbage is a line, but not what says nothing in front of one") {
  CHECK(frames(std::string_view("a\0b\n\0\n\xef\xbb\xbf\0c\n\xef\xbbx", 15)) ==
        Frames{std::string("a\0b", 3), "c", "\xef\xbbx"});
}

TEST_CASE("frames know where they stand") {
  const auto all = cuts("one\n\n  two\n[\n{\"a\":\n 1},\n {\"b\":2}]\nend");
  const std::vector<Cut> expected = {{"one", 0, 1, false},
                                     {"two", 7, 3, false},
                                     {"{\"a\":\n 1}", 13, 5, false},
                                     {"{\"b\":2}", 25, 7, false},
                                     {"end", 34, 8, false}};
  CHECK(all == expected);
}

TEST_CASE("what is too long is one frame and does not hide the next") {
  const std::string limit(20, 'x');
  CHECK(frames(limit + "\nnext\n", 20) == Frames{limit, "next"});
  CHECK(frames(limit + "x\nnext\n", 20) == Frames{"!" + limit, "next"});
  CHECK(frames(limit + limit, 20) == Frames{"!" + limit});
  CHECK(frames("{\"a\":\n\"" + limit + "\",\n\"b\":1}\nnext\n", 20) ==
        Frames{"!{\"a\":\n\"xxxxxxxxxxxxx", "next"});
  CHECK(frames("[{\"a\":1},{\"a\":\"" + limit + "\"},{\"b\":2}]\nnext\n", 20) ==
        Frames{"{\"a\":1}", "!{\"a\":\"xxxxxxxxxxxxxx", "{\"b\":2}", "next"});

  const std::string line(200000, 'y');
  const auto all = cuts(line + "\nz", 100000);
  REQUIRE(all.size() == 2);
  CHECK(all[0].bytes.size() == Splitter::kKeptOfTooLong);
  CHECK(all[1] == Cut{"z", 200001, 2, false});
}

TEST_CASE("an array of any length comes out element by element") {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i)
    text += (i == 0 ? "" : ",") + ("{\"n\":" + std::to_string(i) + "}");
  text += "]\nnext";
  const auto all = frames(text, 100);
  REQUIRE(all.size() == 1001);
  CHECK(all[999] == "{\"n\":999}");
  CHECK(all[1000] == "next");
}

TEST_CASE("frames do not depend on how the stream arrives") {
  static constexpr const char* kParts[] = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           "\"",
                                           "'",
                                           "\\",
                                           ",",
                                           ":",
                                           "\n",
                                           "\r\n",
                                           " ",
                                           "<Event: ",
                                           ">",
                                           "{\"",
                                           "{'",
                                           "{u'",
                                           "[{\"",
                                           "[{",
                                           "true",
                                           "None",
                                           "nul",
                                           "x",
                                           "2017-01-23 INFO",
                                           "[INFO]",
                                           "{\"a\":1}\n",
                                           "[{\"a\":1},{\"b\":[2]}]\n",
                                           "{'a': u'b'}\n",
                                           "\n{\"a\":1,\n \"b\":{}}\n",
                                           "\"long string \"",
                                           "\n\n",
                                           "tru\n",
                                           "12",
                                           "\n3,\n",
                                           "3333333333333333333333333333333333",
                                           "\n12",
                                           "\n3,\n",
                                           "}\n",
                                           "]\n"};
  std::mt19937 random(42);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (std::size_t parts = random() % 24; parts > 0; --parts)
      text += kParts[random() % std::size(kParts)];
    const std::size_t step = 1 + random() % 40;
    INFO(text);
    INFO("step " << step);
    CHECK(cuts_in_steps(text, 4096, random, step) == cuts(text, 4096));
  }
}

TEST_CASE("a small limit never loses the place, however the stream arrives") {
  static constexpr const char* kParts[] = {"{\"a\":",
                                           "1}",
                                           "[{",
                                           "]",
                                           "\"str\"",
                                           ",",
                                           "\n",
                                           "x",
                                           "{\"b\":2}\n",
                                           "[{\"c\":3},{\"d\":4}]\n",
                                           "yyyyyyyyyyyyyyy",
                                           "<Event: ",
                                           "<Ev",
                                           "{'",
                                           "\xef\xbb\xbf",
                                           "\xef",
                                           " "};
  std::mt19937 random(43);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (std::size_t parts = random() % 24; parts > 0; --parts)
      text += kParts[random() % std::size(kParts)];
    INFO(text);
    const auto whole = cuts(text, 16);
    CHECK(cuts_in_steps(text, 16, random, 1 + random() % 9) == whole);
    for (const Cut& cut : whole) {
      CHECK(cut.bytes.size() <= 16);
      CHECK(text.substr(cut.offset, cut.bytes.size()) == cut.bytes);
    }
  }
}

TEST_CASE("what never ends is looked at once, however slowly it arrives") {
  for (const std::string unit : {"{", "[{\"a\":", "[{},", "[ 1", "x", "{\"a\": 1,\n", "{'"}) {
    INFO(unit);
    std::string text = unit;
    while (text.size() < 400000) text += unit == "[{}," || unit == "[ 1" ? "1" : unit;
    std::size_t bytes = 0;
    Splitter splitter(1000000);
    std::size_t begin = 0;
    for (std::size_t end = 0; end <= text.size(); end += 50) {
      while (const auto frame =
                 splitter.next(std::string_view(text).substr(begin, end - begin), false)) {
        begin += splitter.consumed();
        bytes += frame->bytes.size();
      }
      begin += splitter.consumed();
    }
    CHECK(bytes <= text.size());
  }
}

TEST_CASE("a line is told as soon as it is whole") {
  Splitter splitter;
  for (const std::string_view text :
       {"plain\n", "{\"a\":1}\n", "[{\"a\":1}]\n", "{\n\"a\":1\n}\n"}) {
    INFO(text);
    CHECK(splitter.next(text, false));
  }
}
