// SPDX-License-Identifier: Apache-2.0

#include "app/rules_list.h"

#include <chrono>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/table.h"

namespace vmtrail {

namespace {

using Words = std::vector<std::string>;

Words words_of(const Witnesses& witnesses) {
  Words words;
  for (const Witness witness : witnesses) {
    switch (witness) {
      case Witness::nobody:
        break;
      case Witness::payload:
        words.emplace_back("payload");
        break;
      case Witness::publisher:
        words.emplace_back("publisher");
        break;
      case Witness::nowhere:
        words.emplace_back("nowhere");
        break;
    }
  }
  return words;
}

Words written(const Rule& rule) {
  Words words;
  if (rule.writes.vm_state) words.emplace_back("vm_state");
  if (rule.writes.task_state) words.emplace_back("task_state");
  if (rule.writes.attributes) words.emplace_back("attributes");
  if (rule.writes.deleted) words.emplace_back("deleted");
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return shown(text);
}

template <class Row>
std::string place(const Row& row) {
  return row.file + ":" + std::to_string(row.line);
}

std::string operation_of(const Rule& rule) {
  return rule.operation == OperationKind::none ? "" : std::string(name(rule.operation));
}

std::string phase_of(const Rule& rule) {
  return rule.phase == Phase::none ? "" : std::string(name(rule.phase));
}

nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace

std::string rules_table(const RuleSet& rules) {
  Table table({"RULE", "AT", "OVERRIDES", "OPERATION", "PHASE", "HOST", "WRITES", "EVENTS"});
  for (const Rule& rule : rules.rules()) {
    table.add({shown(rule.id), shown(place(rule)), shown(rule.replaces), shown(operation_of(rule)),
               shown(phase_of(rule)), joined(words_of(rule.host)), joined(written(rule)),
               joined(rule.events)});
  }
  std::string text = table.to_string();
  if (rules.absences().empty()) return text;
  Table absences({"ABSENCE", "AT", "OVERRIDES", "AFTER", "WITHOUT", "WITHIN"});
  for (const Absence& absence : rules.absences()) {
    const std::chrono::duration<double> within = absence.within;
    std::string seconds = nlohmann::json(within.count()).dump();
    if (seconds.ends_with(".0")) seconds.resize(seconds.size() - 2);
    absences.add({shown(absence.id), shown(place(absence)), shown(absence.replaces),
                  joined(absence.after), joined(absence.without), seconds + "s"});
  }
  return text + "\n" + absences.to_string();
}

std::string rules_json(const RuleSet& rules) {
  nlohmann::ordered_json document = {{"rules", nlohmann::ordered_json::array()},
                                     {"absences", nlohmann::ordered_json::array()}};
  for (const Rule& rule : rules.rules()) {
    document["rules"].push_back({{"id", rule.id},
                                 {"at", place(rule)},
                                 {"overrides", or_null(rule.replaces)},
                                 {"events", rule.events},
                                 {"operation", or_null(operation_of(rule))},
                                 {"phase", or_null(phase_of(rule))},
                                 {"rank", rule.rank},
                                 {"host", words_of(rule.host)},
                                 {"source", words_of(rule.source)},
                                 {"destination", words_of(rule.destination)},
                                 {"writes", written(rule)},
                                 {"power", or_null(std::string(name(rule.power)))},
                                 {"why", rule.why}});
  }
  for (const Absence& absence : rules.absences()) {
    const std::chrono::duration<double> within = absence.within;
    document["absences"].push_back(
        {{"id", absence.id},
         {"at", place(absence)},
         {"overrides", or_null(absence.replaces)},
         {"after", absence.after},
         {"without", absence.without},
         {"within_s", within.count()},
         {"by", absence.by == Absence::By::request ? "request" : "instance"},
         {"severity", name(absence.severity)},
         {"why", absence.why}});
  }
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace vmtrail
