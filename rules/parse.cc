// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <set>
#include <stdexcept>
#include <utility>

#include <yaml-cpp/yaml.h>

#include "rules/compiled.h"
#include "vmtrail/suggest.h"

namespace vmtrail {

extern const std::string_view kNovaRules;

namespace {

// Thrown and caught in this file only: yaml-cpp throws anyway, and a rules file is read once.
struct Mistake : std::runtime_error {
  Mistake(YAML::Mark at, const std::string& what) : std::runtime_error(what), mark(at) {}
  YAML::Mark mark;
};

using WordList = std::vector<std::string_view>;

std::string expected_one_of(std::string_view what, std::string_view got, const WordList& words) {
  std::string text = "unknown " + std::string(what) + " '" + std::string(got) + "'; expected ";
  for (const std::string_view& word : words) {
    if (&word != &words.front()) text += ", ";
    text += word;
  }
  if (const auto meant = nearest(got, words))
    text += "; did you mean '" + std::string(*meant) + "'?";
  return text;
}

template <class Word>
WordList spellings(int first, int last) {
  WordList words;
  for (int i = first; i <= last; ++i) words.push_back(name(static_cast<Word>(i)));
  return words;
}

std::string scalar(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar())
    throw Mistake(node.Mark(), "'" + std::string(key) + "' must be a single value");
  return node.Scalar();
}

int whole_number(const YAML::Node& node, std::string_view key) {
  int value = 0;
  if (!YAML::convert<int>::decode(node, value)) {
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

void require_map(const YAML::Node& node, std::string_view what, const WordList& keys) {
  if (!node.IsMap()) throw Mistake(node.Mark(), std::string(what) + " must be a map");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = scalar(entry.first, what);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw Mistake(entry.first.Mark(), expected_one_of("key", key, keys));
    }
    if (!seen.insert(key).second) throw Mistake(entry.first.Mark(), "'" + key + "' is given twice");
  }
}

std::vector<std::string> strings(const YAML::Node& node, std::string_view key) {
  if (node.IsScalar()) return {node.Scalar()};
  if (!node.IsSequence()) throw Mistake(node.Mark(), "'" + std::string(key) + "' must be a list");
  std::vector<std::string> values;
  for (const auto& item : node) values.push_back(scalar(item, key));
  return values;
}

Witnesses witnesses(const YAML::Node& node, std::string_view key) {
  Witnesses result{};
  std::size_t count = 0;
  for (const std::string& word : strings(node, key)) {
    if (count == result.size())
      throw Mistake(node.Mark(), "'" + std::string(key) + "' names too many");
    if (word == "payload") {
      result[count++] = Witness::payload;
    } else if (word == "publisher") {
      result[count++] = Witness::publisher;
    } else if (word == "nowhere") {
      result[count++] = Witness::nowhere;
    } else {
      throw Mistake(node.Mark(), expected_one_of(key, word, {"payload", "publisher", "nowhere"}));
    }
  }
  return result;
}

Condition condition(const YAML::Node& node) {
  require_map(node, "when", {"state", "task", "audit", "changed", "deleted_at"});
  Condition when;
  if (const YAML::Node state = node["state"]) when.state = scalar(state, "state");
  if (const YAML::Node task = node["task"]) {
    when.task_state = scalar(task, "task");
    when.task = when.task_state == "any"    ? Condition::Task::any
                : when.task_state == "none" ? Condition::Task::none
                                            : Condition::Task::exactly;
  }
  if (const YAML::Node audit = node["audit"]) {
    const std::string word = scalar(audit, "audit");
    if (word != "periodic")
      throw Mistake(audit.Mark(), expected_one_of("audit", word, {"periodic"}));
    when.periodic = true;
  }
  if (const YAML::Node changed = node["changed"]) {
    if (!boolean(changed, "changed")) throw Mistake(changed.Mark(), "'changed' can only be true");
    when.changed = true;
  }
  if (const YAML::Node deleted_at = node["deleted_at"])
    when.deleted_at = boolean(deleted_at, "deleted_at");
  return when;
}

Writes writes(const YAML::Node& node) {
  Writes result;
  for (const std::string& word : strings(node, "writes")) {
    if (word == "vm_state") {
      result.vm_state = true;
    } else if (word == "task_state") {
      result.task_state = true;
    } else if (word == "attributes") {
      result.attributes = true;
    } else if (word == "deleted") {
      result.deleted = true;
    } else {
      throw Mistake(
          node.Mark(),
          expected_one_of("field", word, {"vm_state", "task_state", "attributes", "deleted"}));
    }
  }
  return result;
}

Sample::Values sample_values(const YAML::Node& node, std::string_view what, const WordList& keys) {
  require_map(node, what, keys);
  Sample::Values values;
  for (const auto& entry : node) {
    std::optional<std::string> value;
    if (!entry.second.IsNull()) value = scalar(entry.second, entry.first.Scalar());
    values.emplace_back(entry.first.Scalar(), std::move(value));
  }
  return values;
}

Sample sample(const YAML::Node& node) {
  require_map(node, "a sample", {"given", "event", "expect"});
  Sample result;
  result.line = node.Mark().line + 1;
  if (const YAML::Node given = node["given"]) {
    result.given = sample_values(given, "given", {"host", "vm_state"});
  }
  if (!node["event"] || !node["expect"]) {
    throw Mistake(node.Mark(), "a sample needs 'event' and 'expect'");
  }
  result.event = sample_values(
      node["event"], "event",
      {"publisher", "host", "state", "old_state", "task_state", "power_state", "flavor",
       "deleted_at", "audit_period_ending", "binary", "disabled", "forced_down", "display_name"});
  result.expect = sample_values(node["expect"], "expect",
                                {"host", "confidence", "vm_state", "task_state", "power_state",
                                 "deleted", "kind", "source", "destination", "outcome", "status"});
  return result;
}

template <class Word>
Word word(const YAML::Node& node, std::string_view what, const WordList& words) {
  const std::string text = scalar(node, what);
  const std::optional<Word> value = parse_word<Word>(text);
  if (!value || std::find(words.begin(), words.end(), text) == words.end()) {
    throw Mistake(node.Mark(), expected_one_of(what, text, words));
  }
  return *value;
}

Rule rule(const YAML::Node& node, std::string_view file) {
  Rule result;
  result.file = file;
  result.line = node.Mark().line + 1;
  if (node.IsMap() && node["id"]) result.id = scalar(node["id"], "id");
  require_map(
      node, "a rule",
      {"id", "events", "when", "rank", "operation", "phase", "host", "source", "destination",
       "writes", "power", "database", "about", "causal", "limit", "why", "samples"});
  for (const char* needed : {"id", "events", "why"}) {
    if (!node[needed]) throw Mistake(node.Mark(), "a rule needs '" + std::string(needed) + "'");
  }
  result.events = strings(node["events"], "events");
  if (result.events.empty()) throw Mistake(node["events"].Mark(), "'events' names no event type");
  result.why = scalar(node["why"], "why");
  if (const YAML::Node when = node["when"]) result.when = condition(when);
  if (const YAML::Node rank = node["rank"]) {
    result.rank = whole_number(rank, "rank");
    if (result.rank < 0 || result.rank > 99) throw Mistake(rank.Mark(), "'rank' must be 0 to 99");
  }
  if (const YAML::Node operation = node["operation"]) {
    result.operation = word<OperationKind>(operation, "operation", spellings<OperationKind>(1, 16));
  }
  if (const YAML::Node phase = node["phase"]) {
    result.phase = word<Phase>(phase, "phase", spellings<Phase>(1, 23));
  }
  if (const YAML::Node host = node["host"]) result.host = witnesses(host, "host");
  if (const YAML::Node source = node["source"]) result.source = witnesses(source, "source");
  if (const YAML::Node destination = node["destination"]) {
    result.destination = witnesses(destination, "destination");
  }
  if (const YAML::Node fields = node["writes"]) result.writes = writes(fields);
  if (const YAML::Node power = node["power"]) {
    result.power = word<PowerState>(power, "power", spellings<PowerState>(1, 5));
  }
  if (const YAML::Node database = node["database"]) result.database = boolean(database, "database");
  if (const YAML::Node causal = node["causal"]) result.causal = boolean(causal, "causal");
  if (const YAML::Node about = node["about"]) {
    const std::string subject = scalar(about, "about");
    if (subject != "host" && subject != "instance" && subject != "request") {
      throw Mistake(about.Mark(),
                    expected_one_of("subject", subject, {"instance", "request", "host"}));
    }
    result.about = subject == "host"      ? About::host
                   : subject == "request" ? About::request
                                          : About::instance;
  }
  if (const YAML::Node limit = node["limit"]) {
    const std::optional<Duration> duration = parse_duration(scalar(limit, "limit"));
    if (!duration)
      throw Mistake(limit.Mark(), "'limit' must be a duration such as 90s, 15m, 2h or PT15M");
    result.limit = *duration;
  }
  if (const YAML::Node samples = node["samples"]) {
    if (!samples.IsSequence()) throw Mistake(samples.Mark(), "'samples' must be a list");
    for (const auto& item : samples) result.samples.push_back(sample(item));
  }
  return result;
}

std::string snippet(std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line) {
    const std::size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return std::string(text.substr(0, 80));
}

Error located(std::string_view text, std::string_view file, const YAML::Mark& mark,
              const std::string& rule_id, const std::string& what) {
  std::string detail{file};
  if (!mark.is_null()) {
    detail += ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
  }
  detail += ": ";
  if (!rule_id.empty()) detail += "rule '" + rule_id + "': ";
  detail += what;
  if (const std::string found = mark.is_null() ? "" : snippet(text, mark.line); !found.empty()) {
    detail += "; found: " + found;
  }
  return Error{ErrorCode::rule_error, detail};
}

std::vector<Rule> parse_rules(const YAML::Node& root, std::string_view file, std::string& current) {
  require_map(root, "a rules file", {"version", "rules"});
  if (!root["version"] || scalar(root["version"], "version") != "1") {
    throw Mistake(root.Mark(), "a rules file begins with 'version: 1'");
  }
  if (!root["rules"] || !root["rules"].IsSequence())
    throw Mistake(root.Mark(), "'rules' must be a list");
  std::vector<Rule> rules;
  std::set<std::string, std::less<>> ids;
  for (const auto& node : root["rules"]) {
    current.clear();
    if (node.IsMap() && node["id"] && node["id"].IsScalar()) current = node["id"].Scalar();
    rules.push_back(rule(node, file));
    if (!ids.insert(rules.back().id).second) throw Mistake(node.Mark(), "this id is used twice");
  }
  return rules;
}

}  // namespace

Result<RuleSet> RuleSet::parse(std::string_view text, std::string_view file) {
  std::string current;  // the rule being read, for the message
  try {
    std::vector<Rule> rules = parse_rules(YAML::Load(std::string(text)), file, current);
    return RuleSet(std::make_unique<const Compiled>(std::move(rules)));
  } catch (const Mistake& mistake) {
    return tl::unexpected(located(text, file, mistake.mark, current, mistake.what()));
  } catch (const YAML::Exception& error) {
    return tl::unexpected(located(text, file, error.mark, current, error.msg));
  }
}

RuleSet RuleSet::shipped() {
  // The tests parse the very same text, so that it cannot fail here.
  return std::move(parse(kNovaRules, kShippedFile)).value();
}

std::string_view RuleSet::shipped_text() {
  return kNovaRules;
}

}  // namespace vmtrail
