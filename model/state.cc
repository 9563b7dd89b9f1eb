// SPDX-License-Identifier: Apache-2.0

#include "model/state.h"

#include <array>

namespace vmtrail {

namespace {

constexpr std::array<std::string_view, 19> kCauses = {
    "update",   "boot",   "live_migration", "resize",        "cold_migration",
    "confirm",  "revert", "rebuild",        "evacuation",    "shelve",
    "unshelve", "delete", "soft_delete",    "restore",       "action",
    "volume",   "audit",  "abort",          "force_complete"};

}  // namespace

std::string_view name(IntervalCause cause) {
  return kCauses[static_cast<std::size_t>(cause)];
}

std::optional<IntervalCause> parse_interval_cause(std::string_view text) {
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    if (kCauses[i] == text) return static_cast<IntervalCause>(i);
  }
  return std::nullopt;
}

bool confirms(const Fact& fact, const State& state) {
  const auto same = [](NameId told, NameId is) { return told == NameId::nothing || told == is; };
  return same(fact.name, state.name) && same(fact.project_id, state.project_id) &&
         same(fact.state, state.vm_state) && !fact.changes_state() && !fact.says_deleted() &&
         (fact.power == PowerState::unknown || fact.power == state.power) &&
         (!fact.rule->writes.task_state || !fact.task_told || fact.task_state == state.task_state);
}

}  // namespace vmtrail
