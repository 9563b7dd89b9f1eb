// SPDX-License-Identifier: Apache-2.0
// Answers that are more than a table.

#include <algorithm>
#include <string>

#include "app/views.h"

namespace vmtrail {

namespace {

constexpr std::size_t kWidth = 100;

std::string told(const Json& value) {
  return shown(cell(value));
}

std::string title(const Json& instance) {
  return told(instance["name"]) + " (" + told(instance["id"]) + ")";
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string line(const std::string& label, const std::string& value) {
  return "  " + label + std::string(12 - label.size(), ' ') + value + "\n";
}

// A heading and a table, or nothing of nothing.
std::string section(const std::string& heading, const Table& table, const Json& items,
                    const Look& look) {
  return items.empty() ? "" : "\n" + heading + "\n" + table.to_string(look);
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > kWidth - indent) {
      const std::size_t space = text.rfind(' ', kWidth - indent);
      length = space == std::string_view::npos ? std::min(text.find(' '), text.size()) : space;
    }
    result.append(indent, ' ');
    result += text.substr(0, length);
    result += '\n';
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return result;
}

std::string where_text(const Json& answer, const Look&) {
  const Json& instance = answer["instance"];
  const std::string host = told(instance["host"]) + " (" + told(instance["confidence"]) + ")";
  if (answer.contains("at")) {
    return title(instance) + " at " + told(answer["at"]) + "\n" + line("host", host);
  }
  std::string text = title(instance) + "\n" + line("host", host);
  if (const Json& timeline = instance["timeline"];
      !timeline.empty() && timeline.back()["to"].is_null()) {
    const Json& now = timeline.back();
    text += line("since", told(now["from"]) + ", by " + told(now["cause"]));
  }
  text += line("vm_state", told(instance["vm_state"]));
  text += line("task_state", told(instance["task_state"]));
  text += line("power", told(instance["power_state"]));
  if (const Json& operation = instance["operation"]; operation.is_object()) {
    text += line("operation", told(operation["kind"]) + " since " + told(operation["started_at"]));
  }
  text += line("project", told(instance["project_id"]));
  text += line("updated", told(instance["updated_at"]));
  if (const auto decision = answer.find("decided_by"); decision != answer.end()) {
    text +=
        line("because", told((*decision)["event_type"]) + " " + told((*decision)["message_id"]));
    text += line("", told((*decision)["at"]) + " " + told((*decision)["rule"]) + ": " +
                         told((*decision)["why"]));
  }
  return text;
}

std::string host_text(const Json& answer, const Look& look) {
  const Json& host = answer["host"];
  std::string text = told(host["name"]);
  if (answer.contains("at")) text += " at " + told(answer["at"]);
  text += ": " + told(host["status"]) + ", " + counted(host["instances"].size(), "instance") + "\n";
  if (!host["instances"].empty()) text += host_table(answer).to_string(look);
  return text;
}

std::string explain_text(const Json& answer, const Look&) {
  const Json& host = answer["host"];
  std::string text = title(answer["instance"]) + " is " +
                     (host.is_null() ? "on no host" : "on " + told(host)) + " (" +
                     told(answer["confidence"]) + ")\n";
  for (const Json& fact : answer["facts"]) {
    text += "\n" + told(fact["generated"]) + "  " + told(fact["event_type"]) + "  from " +
            told(fact["publisher"]) + "\n  " + told(fact["verdict"]) + ", " + told(fact["at"]) +
            " " + told(fact["rule"]) + ", " + told(fact["message_id"]) + "\n" +
            wrapped(told(fact["reason"]), 4);
  }
  return text;
}

std::string changes_text(const Json& answer, const Look& look) {
  const std::string next = told(answer["next_since"]);
  if (answer["compacted"].get<bool>()) {
    return "These records are gone. Ask for the instances, then for --since " + next + ".\n";
  }
  std::string text = changes_table(answer).to_string(look);
  if (answer["next_since"] != answer["sequence"]) text += "More: --since " + next + "\n";
  return text;
}

std::string report_text(const Json& answer, const Look& look) {
  const Json& report = answer["report"];
  Table hosts({"HOST", "VMS", "HOURS", "MOST AT ONCE", "FIRST AT"});
  for (const Json& host : report["hosts"]) {
    hosts.add({cell(host["host"]), cell(host["instances"]), cell(host["hours"]),
               cell(host["most_at_once"]), cell(host["most_at"])});
  }
  std::string text = "VMs by host from " +
                     (report["since"].is_null() ? "the first event" : told(report["since"])) +
                     " to " + told(report["until"]) + "\n\n";
  text += report_table(answer).to_string(look) + "\n" + hosts.to_string(look) + "\n";
  text += wrapped(told(report["proves"]), 0);
  if (const Json& inputs = report["inputs"]; inputs.is_object()) {
    text += "Read: " + counted(inputs["messages"].get<std::size_t>(), "event") +
            ", SHA-256 of their ids " + told(inputs["sha256"]) + "\n";
  }
  return text;
}

std::string drain_text(const Json& answer, const Look& look) {
  const Json& drain = answer["drain"];
  Table left({"INSTANCE", "NAME", "TO", "AT", "CAUSE"});
  for (const Json& one : drain["left"]) {
    left.add({cell(one["instance"]), cell(one["name"]), cell(one["to"]), cell(one["at"]),
              cell(one["cause"])});
  }
  Table remaining({"INSTANCE", "NAME", "SINCE", "CONFIDENCE"});
  for (const Json& one : drain["remaining"]) {
    remaining.add(
        {cell(one["instance"]), cell(one["name"]), cell(one["since"]), cell(one["confidence"])});
  }
  std::string text = told(drain["host"]) + " (" + told(drain["status"]) + ") since " +
                     told(drain["since"]) + ": had " + counted(drain["before"].size(), "instance") +
                     ", " + std::to_string(drain["left"].size()) + " left, " +
                     std::to_string(drain["remaining"].size()) + " there\n";
  text += section("Left", left, drain["left"], look);
  for (const char* key : {"failed", "open"}) {
    const Json migrations = {{"migrations", drain[key]}};
    text += section(key == std::string_view("open") ? "Not over" : "Failed",
                    migrations_table(migrations), drain[key], look);
  }
  return text + section("Still there", remaining, drain["remaining"], look);
}

std::string impact_text(const Json& answer, const Look& look) {
  const Json& impact = answer["impact"];
  const bool happened = !impact["since"].is_null();
  std::string text = told(impact["host"]) + " (" + told(impact["status"]) +
                     "): " + counted(impact["count"].get<std::size_t>(), "instance");
  text += happened ? " hit at " + told(impact["since"]) + "\n" : " would be hit\n";
  if (!impact["instances"].empty()) text += impact_table(answer).to_string(look);
  return text;
}

std::string reconcile_text(const Json& answer, const Look& look) {
  const Json& drift = answer["drift"];
  std::string text = counted(answer["agreed"].get<std::size_t>(), "instance") + " agreed, " +
                     std::to_string(drift.size()) + " drifted\n";
  if (!drift.empty()) text += reconcile_table(answer).to_string(look);
  if (answer.contains("applied")) text += told(answer["applied"]) + " applied\n";
  return text;
}

std::string findings_text(const Json& answer, const Look&) {
  std::string text;
  for (const Json& finding : answer["findings"]) {
    if (!text.empty()) text += "\n";
    text += told(finding["severity"]) + ": " + told(finding["code"]) + "\n" +
            wrapped(told(finding["summary"]), 2);
    for (const Json& cure : finding["cure"]) text += "      " + told(cure) + "\n";
  }
  return text.empty() ? "Nothing is lacking.\n" : text;
}

}  // namespace vmtrail
