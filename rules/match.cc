// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
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

// Nova's periodic audit ends on the boundary of its period, an action's own `exists` where it
// happens (nova/compute/utils.py notify_usage_exists, current_period): also on the hour, to the
// second that versioned notifications tell, but then as it happens, and under a task.
bool is_periodic(const Event& event) {
  Time end;
  if (!read_time(event[Field::audit_period_ending], end)) return false;
  if (end.time_since_epoch() % std::chrono::hours{1} != Duration::zero()) return false;
  const bool as_it_happens =
      event.generated >= end && event.generated - end < std::chrono::seconds{1};
  return !as_it_happens || event[Field::task_state].empty();
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

bool meets(const Condition& when, const Event& event) {
  if (!when.state.empty() && event[Field::state] != when.state) return false;
  if (!meets(when.task, when.task_state, event)) return false;
  if (when.changed &&
      (event[Field::old_state].empty() || event[Field::old_state] == event[Field::state])) {
    return false;
  }
  if (when.deleted_at && *when.deleted_at == event[Field::deleted_at].empty()) return false;
  if (when.periodic && !is_periodic(event)) return false;
  for (const TraitCondition& asked : when.traits) {
    if (!meets(asked, event.trait(asked.name))) return false;
  }
  return true;
}

// A text's class is a bit: not told, empty, or of its length, the longest sharing one.
using Classes = std::uint64_t;
constexpr Classes kUntold = 1;
constexpr Classes kEmpty = 2;
constexpr Classes kAll = 0xffffffff;

Classes class_of(std::string_view text) {
  if (text.data() == nullptr) return kUntold;
  return kEmpty << std::min<std::size_t>(text.size(), 30);
}

Classes state_and_task(Classes state, Classes task) {
  return state | task << 32;
}

Classes states_that_meet(const Condition& when) {
  return when.state.empty() ? kAll : class_of(when.state);
}

Classes tasks_that_meet(const Condition& when) {
  switch (when.task) {
    case Condition::Task::whatever:
      return kAll;
    case Condition::Task::none:
      return kEmpty;
    case Condition::Task::any:
      return kAll & ~(kUntold | kEmpty);
    case Condition::Task::exactly:
      return class_of(when.task_state);
  }
  return kAll;
}

bool asks_more(const Condition& when) {
  return !when.state.empty() || when.task == Condition::Task::exactly || when.changed ||
         when.deleted_at || when.periodic || !when.traits.empty();
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

/// Of an event type that no rule writes out. Apart, so that match() keeps few things in mind.
[[gnu::noinline]] const Rule* match_patterned(std::span<const Candidate> patterned,
                                              const Event& event, Classes classes) {
  for (const Candidate& one : patterned) {
    if ((one.refused & classes) != 0) continue;
    if (names(*one.rule, event.event_type) && meets(one.rule->when, event)) return one.rule;
  }
  return nullptr;
}

}  // namespace

Candidate::Candidate(const Rule& one)
    : refused(~state_and_task(states_that_meet(one.when), tasks_that_meet(one.when))),
      rule(&one),
      asks(asks_more(one.when)) {}

RuleSet::Compiled::Compiled(Parsed parsed) : all(std::move(parsed)), traits(names_of(all)) {
  unwritten.asks = true;
  std::vector<NameTable::Entry> entries;
  std::map<std::string_view, std::vector<const Rule*>> by_type;  // as it is written out
  for (Rule& rule : all.rules) {
    rule.index = static_cast<std::uint32_t>(entries.size());
    entries.push_back({rule.id, rule.index});
    for (const std::string& event_type : rule.events) {
      if (!is_pattern(event_type)) by_type[event_type].push_back(&rule);
    }
    if (std::any_of(rule.events.begin(), rule.events.end(), is_pattern)) {
      patterned.emplace_back(rule);
    }
  }
  ids = NameTable(entries);

  entries.clear();
  for (auto& [event_type, rules] : by_type) {
    for (const Candidate& wide : patterned) {
      if (names(*wide.rule, event_type)) rules.push_back(wide.rule);
    }
    std::sort(rules.begin(), rules.end());  // they stand in one array, in their order
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
    entries.push_back({event_type, static_cast<std::uint32_t>(candidates.size())});
    for (const Rule* const rule : rules) candidates.emplace_back(*rule);
    candidates.emplace_back();
  }
  types = NameTable(entries);
}

RuleSet::RuleSet(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
RuleSet::~RuleSet() = default;
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;

const Rule* RuleSet::match(const Event& event) const {
  return match(event, &compiled_->candidates_for(event.event_type));
}

/// `one`: the first of the candidates for its type, or the end that stands in their stead.
const Rule* RuleSet::match(const Event& event, const Candidate* one) const {
  const Classes classes =
      state_and_task(class_of(event[Field::state]), class_of(event[Field::task_state]));
  for (;; ++one) {
    if ((one->refused & classes) != 0) continue;
    if (one->rule == nullptr) break;
    if (!one->asks || meets(one->rule->when, event)) return one->rule;
  }
  return one->asks ? match_patterned(compiled_->patterned, event, classes) : nullptr;
}

const Candidate* RuleMatcher::look_up(const Event& event) {
  const Candidate* const first = &rules_.compiled_->candidates_for(event.event_type);
  if (event.known_type != 0) {
    if (event.known_type >= firsts_.size()) firsts_.resize(event.known_type + 1);
    firsts_[event.known_type] = first;
  }
  return first;
}

std::span<const Rule> RuleSet::rules() const {
  return compiled_->all.rules;
}

const Rule* RuleSet::find(std::string_view id) const {
  const std::uint32_t index = compiled_->ids.find(id);
  return index == NameTable::kNone ? nullptr : &compiled_->all.rules[index];
}

std::span<const Absence> RuleSet::absences() const {
  return compiled_->all.absences;
}

const TraitNames& RuleSet::traits() const {
  return compiled_->traits;
}

}  // namespace vmtrail
