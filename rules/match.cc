// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <chrono>
#include <utility>

#include "rules/compiled.h"
#include "rules/trait_value.h"

namespace vmtrail {

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star =
      std::string_view::npos;  // the last `*` passed, and where in the text it may end
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

namespace {

bool names(const Rule& rule, std::string_view event_type) {
  return std::any_of(rule.events.begin(), rule.events.end(),
                     [&](const std::string& pattern) { return glob_match(pattern, event_type); });
}

bool meets(Condition::Task wanted, std::string_view task_state, const Event& event) {
  switch (wanted) {
    case Condition::Task::whatever:
      return true;
    case Condition::Task::none:
      return event.told(Field::task_state) && event[Field::task_state].empty();
    case Condition::Task::any:
      return !event[Field::task_state].empty();
    case Condition::Task::exactly:
      return event[Field::task_state] == task_state;
  }
  return false;
}

// Nova's periodic audit ends on the boundary of its period, an action's own `exists` where it
// happens (nova/compute/utils.py notify_usage_exists, current_period).
bool ends_on_the_hour(std::string_view audit_period_ending) {
  const std::optional<Time> end = parse_time(audit_period_ending);
  return end && end->time_since_epoch() % std::chrono::hours{1} == Duration::zero();
}

bool meets(const Condition& when, const Event& event) {
  if (!when.state.empty() && event[Field::state] != when.state) return false;
  if (!meets(when.task, when.task_state, event)) return false;
  if (when.changed &&
      (event[Field::old_state].empty() || event[Field::old_state] == event[Field::state])) {
    return false;
  }
  if (when.deleted_at && *when.deleted_at == event[Field::deleted_at].empty()) return false;
  if (when.periodic && !ends_on_the_hour(event[Field::audit_period_ending])) return false;
  return std::all_of(when.traits.begin(), when.traits.end(), [&](const TraitCondition& asked) {
    return meets(asked, event.trait(asked.name));
  });
}

void sort_out(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

TraitNames names_of(const Parsed& parsed) {
  TraitNames names;
  for (const Alias& alias : parsed.aliases) names.aliases.push_back(alias.alias);
  std::sort(names.aliases.begin(), names.aliases.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const Rule& rule : parsed.rules) {
    for (const TraitCondition& asked : rule.when.traits) names.wanted.push_back(asked.name);
    for (const RecordTemplate& record : rule.records) {
      for (const SummaryTemplate::Piece& piece : record.summary.pieces) {
        if (piece.slot == SummaryTemplate::Slot::trait) names.wanted.push_back(piece.text);
      }
    }
  }
  sort_out(names.wanted);
  return names;
}

}  // namespace

RuleSet::Compiled::Compiled(Parsed parsed) : all(std::move(parsed)), traits(names_of(all)) {
  for (const Rule& rule : all.rules) {
    for (const std::string& event_type : rule.events) {
      if (!is_pattern(event_type)) by_type.try_emplace(event_type);
    }
    if (std::any_of(rule.events.begin(), rule.events.end(), is_pattern)) patterned.push_back(&rule);
  }
  for (const Rule& rule : all.rules) {
    for (const std::string& event_type : rule.events) {
      if (is_pattern(event_type)) continue;
      std::vector<const Rule*>& candidates = by_type.find(event_type)->second;
      if (candidates.empty() || candidates.back() != &rule) candidates.push_back(&rule);
    }
  }
  if (patterned.empty()) return;
  for (auto& [event_type, candidates] : by_type) {
    for (const Rule* const rule : patterned) {
      if (names(*rule, event_type)) candidates.push_back(rule);
    }
    std::sort(candidates.begin(), candidates.end());  // they stand in one array, in their order
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  }
}

RuleSet::RuleSet(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
RuleSet::~RuleSet() = default;
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;

const Rule* RuleSet::match(const Event& event) const {
  const auto written_out = compiled_->by_type.find(event.event_type);
  if (written_out != compiled_->by_type.end()) {
    for (const Rule* rule : written_out->second) {
      if (meets(rule->when, event)) return rule;
    }
    return nullptr;
  }
  for (const Rule* rule : compiled_->patterned) {
    if (names(*rule, event.event_type) && meets(rule->when, event)) return rule;
  }
  return nullptr;
}

std::span<const Rule> RuleSet::rules() const {
  return compiled_->all.rules;
}

const Rule* RuleSet::find(std::string_view id) const {
  const auto found = std::find_if(compiled_->all.rules.begin(), compiled_->all.rules.end(),
                                  [&](const Rule& rule) { return rule.id == id; });
  return found == compiled_->all.rules.end() ? nullptr : &*found;
}

std::span<const Absence> RuleSet::absences() const {
  return compiled_->all.absences;
}

const TraitNames& RuleSet::traits() const {
  return compiled_->traits;
}

}  // namespace vmtrail
