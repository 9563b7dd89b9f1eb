// SPDX-License-Identifier: Apache-2.0

#include "rules/yaml_reader.h"

#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include <simdjson.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>

#include "vmtrail/suggest.h"

namespace vmtrail {

namespace {

/// Reads a text to its end for the sake of where its documents begin.
class Documents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(begun_, true)) throw Mistake(mark, "a second document cannot begin here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  bool begun_ = false;
};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// What is written of rules is told in records, which are JSON.
void require_text(std::string_view text) {
  YAML::Mark mark;
  for (; !text.empty(); ++mark.line) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!simdjson::validate_utf8(line)) throw Mistake(mark, "this line is not UTF-8");
    if (const auto found = std::find_if(line.begin(), line.end(), is_control);
        found != line.end()) {
      mark.column = static_cast<int>(found - line.begin());
      throw Mistake(mark, "a control character is not allowed");
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

YAML::Node only_document(const std::string& text) {
  require_text(text);
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Documents documents;
  while (parser.HandleNextDocument(documents)) continue;
  return YAML::Load(text);
}

std::string what_is_wrong(const YAML::Exception& error) {
  const bool deep = dynamic_cast<const YAML::DeepRecursion*>(&error) != nullptr;
  return deep ? "it is nested too deep" : error.msg;
}

std::string position(std::string_view file, const YAML::Mark& mark) {
  std::string text(file);
  if (!mark.is_null()) {
    text += ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
  }
  return text + ": ";
}

std::string snippet(std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line) {
    const std::size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::string shown(text.substr(0, 80));
  std::replace_if(shown.begin(), shown.end(), is_control, '?');
  if (!simdjson::validate_utf8(shown)) {
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<signed char>(c) < 0; }, '?');
  }
  return shown;
}

std::string suggestion(std::string_view got, const WordList& words) {
  const auto meant = nearest(got, words);
  return meant ? "; did you mean '" + std::string(*meant) + "'?" : "";
}

std::string expected_one_of(std::string_view what, std::string_view got, const WordList& words) {
  std::string text = "unknown " + std::string(what) + " '" + std::string(got) + "'; expected ";
  for (const std::string_view& word : words) {
    if (&word != &words.front()) text += ", ";
    text += word;
  }
  return text + suggestion(got, words);
}

std::string scalar(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar())
    throw Mistake(node.Mark(), "'" + std::string(key) + "' must be a single value");
  return node.Scalar();
}

std::int64_t whole_number(const YAML::Node& node, std::string_view key) {
  const std::string text = scalar(node, key);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  if (const auto [rest, failed] = std::from_chars(text.data(), end, value);
      rest != end || failed != std::errc{}) {
    throw Mistake(node.Mark(), "'" + std::string(key) + "' must be a whole number");
  }
  return value;
}

bool boolean(const YAML::Node& node, std::string_view key) {
  bool value = false;
  if (!YAML::convert<bool>::decode(node, value)) {
    throw Mistake(node.Mark(), "'" + std::string(key) + "' must be true or false");
  }
  return value;
}

Duration duration(const YAML::Node& node, std::string_view key) {
  const std::optional<Duration> value = parse_duration(scalar(node, key));
  if (!value) {
    throw Mistake(node.Mark(),
                  "'" + std::string(key) + "' must be a duration such as 90s, 15m, 2h or PT15M");
  }
  return *value;
}

std::vector<std::string> strings(const YAML::Node& node, std::string_view key) {
  if (node.IsScalar()) return {node.Scalar()};
  require_list(node, key);
  std::vector<std::string> values;
  for (const auto& item : node) values.push_back(scalar(item, key));
  return values;
}

std::vector<std::string> event_types(const YAML::Node& node, std::string_view key) {
  std::vector<std::string> types = strings(node, key);
  if (types.empty() ||
      std::any_of(types.begin(), types.end(), [](const auto& type) { return type.empty(); })) {
    throw Mistake(node.Mark(), "'" + std::string(key) + "' names no event type");
  }
  return types;
}

void require_map(const YAML::Node& node, std::string_view what) {
  if (!node.IsMap()) throw Mistake(node.Mark(), std::string(what) + " must be a map");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = scalar(entry.first, what);
    if (!seen.insert(key).second) throw Mistake(entry.first.Mark(), "'" + key + "' is given twice");
  }
}

void require_map(const YAML::Node& node, std::string_view what, const WordList& keys, Nulls nulls) {
  if (!node.IsMap()) throw Mistake(node.Mark(), std::string(what) + " must be a map");
  for (const auto& entry : node) {
    const std::string key = scalar(entry.first, what);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw Mistake(entry.first.Mark(), expected_one_of("key", key, keys));
    }
    if (nulls == Nulls::refused && entry.second.IsNull()) {
      throw Mistake(entry.first.Mark(), "'" + key + "' has no value");
    }
  }
  require_map(node, what);
}

void require_list(const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence()) throw Mistake(node.Mark(), "'" + std::string(key) + "' must be a list");
}

}  // namespace vmtrail
