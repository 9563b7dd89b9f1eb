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
  return told(instance.at("name")) + " (" + told(instance.at("id")) + ")";
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
  const Json& instance = answer.at("instance");
  const std::string host = told(instance.at("host")) + " (" + told(instance.at("confidence")) + ")";
  if (answer.contains("at")) {
    return title(instance) + " at " + told(answer.at("at")) + "\n" + line("host", host);
  }
  std::string text = title(instance) + "\n" + line("host", host);
  if (const Json& timeline = instance.at("timeline");
      !timeline.empty() && timeline.back().at("to").is_null()) {
    const Json& now = timeline.back();
    text += line("since", told(now.at("from")) + ", by " + told(now.at("cause")));
  }
  text += line("vm_state", told(instance.at("vm_state")));
  text += line("task_state", told(instance.at("task_state")));
  text += line("power", told(instance.at("power_state")));
  if (const Json& operation = instance.at("operation"); operation.is_object()) {
    text += line("operation",
                 told(operation.at("kind")) + " since " + told(operation.at("started_at")));
  }
  text += line("project", told(instance.at("project_id")));
  text += line("updated", told(instance.at("updated_at")));
  if (const auto decision = answer.find("decided_by"); decision != answer.end()) {
    text +=
        line("because", told(decision->at("event_type")) + " " + told(decision->at("message_id")));
    text += line("", told(decision->at("at")) + " " + told(decision->at("rule")) + ": " +
                         told(decision->at("why")));
  }
  return text;
}

std::string host_text(const Json& answer, const Look& look) {
  const Json& host = answer.at("host");
  std::string text = told(host.at("name"));
  if (answer.contains("at")) text += " at " + told(answer.at("at"));
  text += ": " + told(host.at("status")) + ", " + counted(host.at("instances").size(), "instance") +
          "\n";
  if (!host.at("instances").empty()) text += host_table(answer).to_string(look);
  return text;
}

std::string explain_text(const Json& answer, const Look&) {
  const Json& host = answer.at("host");
  std::string text = title(answer.at("instance")) + " is " +
                     (host.is_null() ? "on no host" : "on " + told(host)) + " (" +
                     told(answer.at("confidence")) + ")\n";
  for (const Json& fact : answer.at("facts")) {
    text += "\n" + told(fact.at("generated")) + "  " + told(fact.at("event_type")) + "  from " +
            told(fact.at("publisher")) + "\n  " + told(fact.at("verdict")) + ", " +
            told(fact.at("at")) + " " + told(fact.at("rule")) + ", " + told(fact.at("message_id")) +
            "\n" + wrapped(told(fact.at("reason")), 4);
  }
  return text;
}

std::string changes_text(const Json& answer, const Look& look) {
  const std::string next = told(answer.at("next_since"));
  if (answer.at("compacted").get<bool>()) {
    return "These records are gone. Ask for the instances, then for --since " + next + ".\n";
  }
  std::string text = changes_table(answer).to_string(look);
  if (answer.at("next_since") != answer.at("sequence")) text += "More: --since " + next + "\n";
  return text;
}

std::string report_text(const Json& answer, const Look& look) {
  const Json& report = answer.at("report");
  Table hosts({"HOST", "VMS", "HOURS", "MOST AT ONCE", "FIRST AT"});
  for (const Json& host : report.at("hosts")) {
    hosts.add({cell(host.at("host")), cell(host.at("instances")), cell(host.at("hours")),
               cell(host.at("most_at_once")), cell(host.at("most_at"))});
  }
  std::string text = "VMs by host from " +
                     (report.at("since").is_null() ? "the first event" : told(report.at("since"))) +
                     " to " + told(report.at("until")) + "\n\n";
  text += report_table(answer).to_string(look) + "\n" + hosts.to_string(look) + "\n";
  text += wrapped(told(report.at("proves")), 0);
  if (const Json& inputs = report.at("inputs"); inputs.is_object()) {
    text += "Read: " + counted(inputs.at("messages").get<std::size_t>(), "event") +
            ", SHA-256 of their ids " + told(inputs.at("sha256")) + "\n";
  }
  return text;
}

std::string drain_text(const Json& answer, const Look& look) {
  const Json& drain = answer.at("drain");
  Table left({"INSTANCE", "NAME", "TO", "AT", "CAUSE"});
  for (const Json& one : drain.at("left")) {
    left.add({cell(one.at("instance")), cell(one.at("name")), cell(one.at("to")),
              cell(one.at("at")), cell(one.at("cause"))});
  }
  Table remaining({"INSTANCE", "NAME", "SINCE", "CONFIDENCE"});
  for (const Json& one : drain.at("remaining")) {
    remaining.add({cell(one.at("instance")), cell(one.at("name")), cell(one.at("since")),
                   cell(one.at("confidence"))});
  }
  std::string text = told(drain.at("host")) + " (" + told(drain.at("status")) + ") since " +
                     told(drain.at("since")) + ": had " +
                     counted(drain.at("before").size(), "instance") + " then, " +
                     std::to_string(drain.at("left").size()) + " left since, " +
                     std::to_string(drain.at("remaining").size()) + " there now\n";
  text += section("Left", left, drain.at("left"), look);
  for (const char* key : {"failed", "open"}) {
    const Json migrations = {{"migrations", drain.at(key)}};
    text += section(key == std::string_view("open") ? "Not over" : "Failed",
                    migrations_table(migrations), drain.at(key), look);
  }
  return text + section("Still there", remaining, drain.at("remaining"), look);
}

std::string impact_text(const Json& answer, const Look& look) {
  const Json& impact = answer.at("impact");
  const bool happened = !impact.at("since").is_null();
  std::string text = told(impact.at("host")) + " (" + told(impact.at("status")) +
                     "): " + counted(impact.at("count").get<std::size_t>(), "instance");
  text += happened ? " hit at " + told(impact.at("since")) + "\n" : " would be hit\n";
  if (!impact.at("instances").empty()) text += impact_table(answer).to_string(look);
  return text;
}

std::string reconcile_text(const Json& answer, const Look& look) {
  const Json& drift = answer.at("drift");
  std::string text = counted(answer.at("agreed").get<std::size_t>(), "instance") + " agreed, " +
                     std::to_string(drift.size()) + " drifted\n";
  if (!drift.empty()) text += reconcile_table(answer).to_string(look);
  if (answer.contains("applied")) text += told(answer.at("applied")) + " applied\n";
  return text;
}

std::string findings_text(const Json& answer, const Look&) {
  std::string text;
  for (const Json& finding : answer.at("findings")) {
    if (!text.empty()) text += "\n";
    text += told(finding.at("severity")) + ": " + told(finding.at("code")) + "\n" +
            wrapped(told(finding.at("summary")), 2);
    for (const Json& cure : finding.at("cure")) text += "      " + told(cure) + "\n";
  }
  return text.empty() ? "Nothing is lacking.\n" : text;
}

}  // namespace vmtrail
