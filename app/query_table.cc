// SPDX-License-Identifier: Apache-2.0
// The commands that are questions, one row each.

#include <array>

#include "app/query.h"
#include "app/views.h"

namespace vmtrail {

namespace {

constexpr char kTimeHelp[] = "A time, or so long before the newest event";
constexpr QueryOption kNone{nullptr, nullptr, nullptr};
constexpr QueryOption kInstance{"instance", nullptr,
                                "UUID, a unique prefix of one, or a unique name"};
constexpr QueryOption kHost{"host", nullptr, "Name of a compute host, in any case"};
constexpr QueryOption kAt{"at", "TIME", kTimeHelp};
constexpr QueryOption kSince{"since", "TIME", kTimeHelp};
constexpr QueryOption kUntil{"until", "TIME", kTimeHelp};

const std::array<QueryCommand, 14>& table() {
  static const std::array<QueryCommand, 14> kTable = {{
      {"where", kInstance, {kAt}, {instance_table, where_text}},
      {"host", kHost, {kAt}, {host_table, host_text}},
      {"hosts", kNone, {}, {hosts_table, nullptr}},
      {"instances",
       kNone,
       {{"host", "HOST", "Only those on this host"},
        {"project", "ID", "Only those of this project"},
        {"state", "STATE", "Only those in this vm_state"},
        {"name", "GLOB", "Only those of such a name, as 'web-*'"},
        {"marker", "ID", "Only those behind this one"},
        {"limit", "N", "So many of them, by id (all)"}},
       {instances_table, nullptr}},
      {"history",
       {"instance", "", kInstance.help},
       {{"host", "HOST", "What this host held, instead"}, kSince, kUntil},
       {history_table, nullptr}},
      {"together", kInstance, {kSince, kUntil}, {together_table, nullptr}},
      {"migrations",
       kNone,
       {{"open", nullptr, "Only those without a known end"},
        {"failed", nullptr, "Only failed and aborted ones"},
        {"stuck", nullptr, "Only those without an end in time"},
        {"instance", "INSTANCE", "Only those of this instance"},
        {"host", "HOST", "Only those from or to this host"},
        {"since", "TIME", "Begun since a time, or so long ago"},
        {"until", "TIME", "Begun before"}},
       {migrations_table, nullptr}},
      {"explain", kInstance, {}, {facts_table, explain_text}},
      {"changes",
       kNone,
       {{"since", "SEQUENCE", "Only what follows this record (0)"},
        {"limit", "N", "So many at most (1000), or all"}},
       {changes_table, changes_text}},
      {"report",
       {"report", nullptr, "hosts: each VM by host by hours"},
       {kSince,
        kUntil,
        {"project", "ID", "Only VMs of this project"},
        {"name", "GLOB", "Only VMs of such a name, as 'sql-*'"}},
       {report_table, report_text}},
      {"drain",
       kHost,
       {{"since", "TIME", "When it began (as it was disabled, or a day ago)"}},
       {drain_table, drain_text}},
      {"impact",
       kHost,
       {{"since", "TIME", "When it went down (as its service said)"}},
       {impact_table, impact_text}},
      {"doctor", kNone, {}, {findings_table, findings_text}},
      {"stats", kNone, {}, {stats_table, nullptr}},
  }};
  return kTable;
}

}  // namespace

std::span<const QueryCommand> query_commands() {
  return table();
}

}  // namespace vmtrail
