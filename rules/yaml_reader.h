// SPDX-License-Identifier: Apache-2.0
// Reading the nodes of a YAML file, each with a message of its own for what is wrong with it.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// Thrown and caught where a file of YAML is read: yaml-cpp throws anyway, and it is read once.
struct Mistake : std::runtime_error {
  Mistake(YAML::Mark at, const std::string& what) : std::runtime_error(what), mark(at) {}
  YAML::Mark mark;
};

using WordList = std::vector<std::string_view>;

/// "FILE:LINE:COLUMN: "; of a mark that is null "FILE: ".
[[nodiscard]] std::string position(std::string_view file, const YAML::Mark& mark);
/// A line, from 0, as messages show it: without what it is indented by, at most 80 bytes, in UTF-8.
[[nodiscard]] std::string snippet(std::string_view text, int line);

/// "; did you mean 'x'?", or nothing.
[[nodiscard]] std::string suggestion(std::string_view got, const WordList& words);
/// "unknown WHAT 'GOT'; expected a, b, c; did you mean 'b'?"
[[nodiscard]] std::string expected_one_of(std::string_view what, std::string_view got,
                                          const WordList& words);

/// The one document of a text, null if there is none. Throws if there are several, or something
/// that cannot begin one (YAML::LoadAll() makes documents without end of that). The text must be
/// UTF-8, without control characters (which yaml-cpp takes for others).
[[nodiscard]] YAML::Node only_document(const std::string& text);

/// What yaml-cpp has to say, where it says anything.
[[nodiscard]] std::string what_is_wrong(const YAML::Exception& error);

[[nodiscard]] std::string scalar(const YAML::Node& node, std::string_view key);
/// In decimal digits.
[[nodiscard]] std::int64_t whole_number(const YAML::Node& node, std::string_view key);
[[nodiscard]] bool boolean(const YAML::Node& node, std::string_view key);
[[nodiscard]] Duration duration(const YAML::Node& node, std::string_view key);
/// One value, or a list of them.
[[nodiscard]] std::vector<std::string> strings(const YAML::Node& node, std::string_view key);
/// The same, of at least one value, none of them empty.
[[nodiscard]] std::vector<std::string> event_types(const YAML::Node& node, std::string_view key);

void require_map(const YAML::Node& node, std::string_view what);
enum class Nulls { refused, allowed };
/// With no other keys than these, none of them twice, each with a value.
void require_map(const YAML::Node& node, std::string_view what, const WordList& keys,
                 Nulls nulls = Nulls::refused);
void require_list(const YAML::Node& node, std::string_view key);

template <class Word>
[[nodiscard]] WordList spellings(int first, int last) {
  WordList words;
  for (int i = first; i <= last; ++i) words.push_back(name(static_cast<Word>(i)));
  return words;
}

template <class Word>
[[nodiscard]] Word word(const YAML::Node& node, std::string_view what, const WordList& words) {
  const std::string text = scalar(node, what);
  const std::optional<Word> value = parse_word<Word>(text);
  if (!value || std::find(words.begin(), words.end(), text) == words.end()) {
    throw Mistake(node.Mark(), expected_one_of(what, text, words));
  }
  return *value;
}

}  // namespace vmtrail
