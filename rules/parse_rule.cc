// SPDX-License-Identifier: Apache-2.0
// One row of the truth table.

#include <algorithm>
#include <utility>

#include "rules/parse.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

Witnesses witnesses(const YAML::Node& node, std::string_view key) {
  Witnesses result{};
  std::size_t count = 0;
  for (const std::string& word : strings(node, key)) {
    if (count == result.size())
      throw Mistake(node.Mark(), "'" + std::string(key) + "' names more than two");
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

std::string record_types(const YAML::Node& node) {
  const std::string written = scalar(node, "types");
  if (const auto pattern = record_pattern(written)) return std::string(*pattern);
  WordList words;
  for (std::size_t i = 0; i < kRecordTypes; ++i) words.push_back(name(static_cast<RecordType>(i)));
  throw Mistake(node.Mark(),
                "no record type matches '" + written + "'" + suggestion(written, words));
}

RecordTemplate record_template(const YAML::Node& node) {
  require_map(node, "a record", {"types", "severity", "summary"});
  RecordTemplate result;
  if (const YAML::Node types = node["types"]) result.types = record_types(types);
  if (const YAML::Node severity = node["severity"]) result.severity = parse_severity(severity);
  if (const YAML::Node summary = node["summary"]) {
    result.summary = parse_summary(summary, SlotsOf::record);
  }
  if (!result.severity && result.summary.empty()) {
    throw Mistake(node.Mark(), "a record needs 'severity' or 'summary'");
  }
  return result;
}

}  // namespace

std::string id_of(const YAML::Node& node) {
  return node.IsMap() && node["id"] && node["id"].IsScalar() ? node["id"].Scalar() : "";
}

Place place_of(const YAML::Node& node) {
  return {node.Mark().line + 1, node.Mark().column + 1};
}

Severity parse_severity(const YAML::Node& node) {
  return word<Severity>(node, "severity", spellings<Severity>(0, 5));
}

Rule parse_rule(const YAML::Node& node, std::string_view file, const Rule* like) {
  Rule result = like == nullptr ? Rule{} : *like;
  result.samples.clear();
  result.replaces.clear();
  result.file = file;
  result.line = node.Mark().line + 1;
  result.column = node.Mark().column + 1;
  require_map(node, "a rule",
              {"id",        "like",  "override", "remove", "events",      "when",   "rank",
               "operation", "phase", "host",     "source", "destination", "writes", "power",
               "database",  "about", "causal",   "limit",  "records",     "why",    "samples"});
  for (const char* needed : {"id", "events", "why"}) {
    if (!node[needed] && (like == nullptr || std::string_view(needed) == "id"))
      throw Mistake(node.Mark(), "a rule needs '" + std::string(needed) + "'");
  }
  result.id = scalar(node["id"], "id");
  if (result.id.empty()) throw Mistake(node["id"].Mark(), "'id' is empty");
  result.events_at = result.when_at = place_of(node);
  if (const YAML::Node events = node["events"]) {
    result.events = event_types(events, "events");
    result.events_at = place_of(events);
  }
  if (const YAML::Node why = node["why"]) result.why = scalar(why, "why");
  if (const YAML::Node when = node["when"]) {
    result.when = parse_condition(when);
    result.when_at = place_of(when);
  }
  if (const YAML::Node rank = node["rank"]) {
    const std::int64_t place = whole_number(rank, "rank");
    if (place < 0 || place > 99) throw Mistake(rank.Mark(), "'rank' must be 0 to 99");
    result.rank = static_cast<int>(place);
  }
  if (const YAML::Node operation = node["operation"]) {
    result.operation = word<OperationKind>(operation, "operation", spellings<OperationKind>(1, 16));
  }
  if (const YAML::Node phase = node["phase"]) {
    result.phase = word<Phase>(phase, "phase",
                               spellings<Phase>(1, static_cast<int>(Phase::raised_after_switch)));
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
  if (const YAML::Node limit = node["limit"]) result.limit = duration(limit, "limit");
  if (const YAML::Node records = node["records"]) {
    require_list(records, "records");
    result.records.clear();
    for (const auto& item : records) result.records.push_back(record_template(item));
  }
  if (const YAML::Node samples = node["samples"]) {
    require_list(samples, "samples");
    const bool patterns = std::all_of(result.events.begin(), result.events.end(), is_pattern);
    for (const auto& item : samples) {
      if (patterns && !item["event"]["type"]) {
        throw Mistake(item.Mark(),
                      "the event types of this rule are patterns, so its samples say "
                      "which 'type' their 'event' has");
      }
      result.samples.push_back(parse_sample(item));
    }
  }
  return result;
}

}  // namespace vmtrail
