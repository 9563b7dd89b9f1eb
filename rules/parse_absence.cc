// SPDX-License-Identifier: Apache-2.0
// `absences`: "A without B within D".

#include <utility>

#include "rules/parse.h"

namespace vmtrail {

namespace {

AbsenceSample sample(const YAML::Node& node) {
  require_map(node, "a sample", {"events", "missing"});
  AbsenceSample result;
  result.line = node.Mark().line + 1;
  if (!node["events"] || !node["missing"]) {
    throw Mistake(node.Mark(), "a sample of an absence needs 'events' and 'missing'");
  }
  require_list(node["events"], "events");
  for (const auto& item : node["events"]) {
    require_map(item, "an event", {"type", "at", "request"});
    if (!item["type"]) throw Mistake(item.Mark(), "an event needs 'type'");
    AbsenceSample::Event event;
    event.type = scalar(item["type"], "type");
    if (event.type.empty()) throw Mistake(item["type"].Mark(), "'type' names no event type");
    if (const YAML::Node at = item["at"]) event.at = duration(at, "at");
    if (const YAML::Node request = item["request"]) event.request = scalar(request, "request");
    result.events.push_back(std::move(event));
  }
  if (result.events.empty()) throw Mistake(node["events"].Mark(), "'events' is empty");
  result.missing = boolean(node["missing"], "missing");
  return result;
}

}  // namespace

Absence parse_absence(const YAML::Node& node, std::string_view file) {
  require_map(node, "an absence",
              {"id", "override", "remove", "after", "without", "within", "by", "severity",
               "summary", "why", "samples"});
  for (const char* needed : {"id", "after", "without", "within", "why"}) {
    if (!node[needed]) throw Mistake(node.Mark(), "an absence needs '" + std::string(needed) + "'");
  }
  Absence result;
  result.file = file;
  result.line = node.Mark().line + 1;
  result.column = node.Mark().column + 1;
  result.id = scalar(node["id"], "id");
  if (result.id.empty()) throw Mistake(node["id"].Mark(), "'id' is empty");
  result.after = event_types(node["after"], "after");
  result.after_at = place_of(node["after"]);
  result.without = event_types(node["without"], "without");
  result.without_at = place_of(node["without"]);
  result.within = duration(node["within"], "within");
  if (result.within == Duration::zero()) {
    throw Mistake(node["within"].Mark(), "'within' must be longer than nothing");
  }
  if (const YAML::Node by = node["by"]) {
    const std::string subject = scalar(by, "by");
    if (subject != "instance" && subject != "request") {
      throw Mistake(by.Mark(), expected_one_of("subject", subject, {"instance", "request"}));
    }
    result.by = subject == "request" ? Absence::By::request : Absence::By::instance;
  }
  if (const YAML::Node severity = node["severity"]) result.severity = parse_severity(severity);
  if (const YAML::Node summary = node["summary"]) {
    result.summary = parse_summary(summary, SlotsOf::absence);
  }
  result.why = scalar(node["why"], "why");
  if (const YAML::Node samples = node["samples"]) {
    require_list(samples, "samples");
    for (const auto& item : samples) result.samples.push_back(sample(item));
  }
  return result;
}

}  // namespace vmtrail
