// SPDX-License-Identifier: Apache-2.0
// Answers that are tables.

#include "app/views.h"

#include <array>
#include <cstdio>
#include <span>
#include <utility>

namespace vmtrail {

namespace {

/// A column's heading, and what it shows of each row, as a JSON pointer.
using Column = std::pair<const char*, const char*>;

Table rows(const Json& items, std::span<const Column> columns) {
  std::vector<std::string> header;
  for (const auto& [heading, pointer] : columns) header.emplace_back(heading);
  Table table(std::move(header));
  for (const Json& item : items) {
    std::vector<std::string> row;
    for (const auto& [heading, pointer] : columns) {
      row.push_back(cell(item.value(Json::json_pointer(pointer), Json())));
    }
    table.add(std::move(row));
  }
  return table;
}

constexpr Column kInstance[] = {{"INSTANCE", "/id"},       {"NAME", "/name"},
                                {"HOST", "/host"},         {"CONFIDENCE", "/confidence"},
                                {"STATE", "/vm_state"},    {"TASK", "/task_state"},
                                {"PROJECT", "/project_id"}};

void flatten(Table& table, const std::string& path, const Json& value) {
  if (!value.is_object()) {
    table.add({path, cell(value)});
    return;
  }
  for (const auto& [key, inner] : value.items()) {
    flatten(table, path.empty() ? key : path + "." + key, inner);
  }
}

}  // namespace

std::string cell(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value.get<double>());
  return text.data();
}

Table instance_table(const Json& answer) {
  return rows(Json::array({answer.at("instance")}), kInstance);
}

Table instances_table(const Json& answer) {
  return rows(answer.at("instances"), kInstance);
}

Table host_table(const Json& answer) {
  return rows(answer.at("host").at("instances"), kInstance);
}

Table hosts_table(const Json& answer) {
  constexpr Column kColumns[] = {
      {"HOST", "/name"}, {"STATUS", "/status"}, {"INSTANCES", "/instances"}};
  return rows(answer.at("hosts"), kColumns);
}

Table history_table(const Json& answer) {
  constexpr Column kOfHost[] = {
      {"INSTANCE", "/instance"},     {"NAME", "/name"},  {"FROM", "/from"}, {"TO", "/to"},
      {"CONFIDENCE", "/confidence"}, {"CAUSE", "/cause"}};
  constexpr Column kOfInstance[] = {{"HOST", "/host"},
                                    {"FROM", "/from"},
                                    {"TO", "/to"},
                                    {"CONFIDENCE", "/confidence"},
                                    {"CAUSE", "/cause"}};
  const Json& history = answer.at("history");
  const bool of_host = !history.empty() && history.front().contains("instance");
  return of_host ? rows(history, kOfHost) : rows(history, kOfInstance);
}

Table together_table(const Json& answer) {
  constexpr Column kColumns[] = {
      {"INSTANCE", "/instance"}, {"NAME", "/name"}, {"HOST", "/host"},
      {"FROM", "/from"},         {"TO", "/to"},     {"CONFIDENCE", "/confidence"}};
  return rows(answer.at("together"), kColumns);
}

Table migrations_table(const Json& answer) {
  constexpr Column kColumns[] = {{"INSTANCE", "/instance"},   {"KIND", "/kind"},
                                 {"SOURCE", "/source"},       {"DESTINATION", "/destination"},
                                 {"OUTCOME", "/outcome"},     {"STARTED", "/started_at"},
                                 {"FINISHED", "/finished_at"}};
  return rows(answer.at("migrations"), kColumns);
}

Table facts_table(const Json& answer) {
  constexpr Column kColumns[] = {{"GENERATED", "/generated"}, {"EVENT", "/event_type"},
                                 {"PUBLISHER", "/publisher"}, {"VERDICT", "/verdict"},
                                 {"RULE", "/rule"},           {"AT", "/at"},
                                 {"MESSAGE", "/message_id"},  {"REASON", "/reason"}};
  return rows(answer.at("facts"), kColumns);
}

Table changes_table(const Json& answer) {
  constexpr Column kColumns[] = {{"SEQUENCE", "/sequence"},
                                 {"TIME", "/time"},
                                 {"TYPE", "/type"},
                                 {"SUBJECT", "/subject"},
                                 {"SUMMARY", "/data/summary"}};
  return rows(answer.at("changes"), kColumns);
}

Table report_table(const Json& answer) {
  constexpr Column kColumns[] = {{"INSTANCE", "/instance"},  {"NAME", "/name"},
                                 {"PROJECT", "/project_id"}, {"HOST", "/host"},
                                 {"HOURS", "/hours"},        {"PROBABLE", "/probable_hours"}};
  return rows(answer.at("report").at("rows"), kColumns);
}

// One row for each instance and what became of it.
Table drain_table(const Json& answer) {
  constexpr Column kColumns[] = {
      {"INSTANCE", "/instance"}, {"NAME", "/name"}, {"NOW", "/now"}, {"TO", "/to"}, {"AT", "/at"},
      {"CAUSE", "/cause"}};
  const Json& drain = answer.at("drain");
  Json all = Json::array();
  for (Json left : drain.at("left")) {
    left["now"] = "left";
    all.push_back(std::move(left));
  }
  for (Json remaining : drain.at("remaining")) {
    remaining["now"] = "there";
    all.push_back(std::move(remaining));
  }
  return rows(all, kColumns);
}

Table impact_table(const Json& answer) {
  constexpr Column kColumns[] = {{"INSTANCE", "/instance"},  {"NAME", "/name"},
                                 {"PROJECT", "/project_id"}, {"STATE", "/vm_state"},
                                 {"BECAME", "/became"},      {"HOST", "/host"}};
  return rows(answer.at("impact").at("instances"), kColumns);
}

Table findings_table(const Json& answer) {
  constexpr Column kColumns[] = {
      {"SEVERITY", "/severity"}, {"FINDING", "/code"}, {"SUMMARY", "/summary"}};
  return rows(answer.at("findings"), kColumns);
}

Table reconcile_table(const Json& answer) {
  constexpr Column kColumns[] = {{"INSTANCE", "/instance"},
                                 {"NAME", "/name"},
                                 {"DRIFT", "/class"},
                                 {"OUR HOST", "/ours/host"},
                                 {"NOVA HOST", "/theirs/host"},
                                 {"OUR STATE", "/ours/vm_state"},
                                 {"NOVA STATE", "/theirs/vm_state"},
                                 {"OUR POWER", "/ours/power_state"},
                                 {"NOVA POWER", "/theirs/power_state"}};
  return rows(answer.at("drift"), kColumns);
}

Table stats_table(const Json& answer) {
  Table table({"WHAT", "VALUE"});
  for (const char* key : {"sequence", "newest_event"}) table.add({key, cell(answer.at(key))});
  flatten(table, {}, answer.at("stats"));
  return table;
}

}  // namespace vmtrail
