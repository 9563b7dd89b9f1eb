// SPDX-License-Identifier: Apache-2.0
// What is wrong with rules that can be used: some of them never will be.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "rules/compiled.h"
#include "rules/implication.h"
#include "rules/yaml_reader.h"

namespace vmtrail {

namespace {

constexpr std::size_t kSuggestions = 100;  // beyond that nobody reads on

class Lint {
 public:
  Lint(const Parsed& parsed, const RuleSet& shipped) : parsed_(parsed) {
    for (const Rule& rule : shipped.rules()) {
      for (const std::string& event_type : rule.events) known_.insert(event_type);
    }
    telling_.state = {"state"};
    telling_.task = {"state_description", "task_state"};
    for (const Alias& one : parsed_.aliases) {
      if (one.alias.field == Field::state) telling_.state.push_back(one.alias.name);
      if (one.alias.field == Field::task_state) telling_.task.push_back(one.alias.name);
    }
  }

  std::vector<RuleWarning> run() {
    for (const Alias& alias : parsed_.aliases) check(alias);
    for (const Rule& rule : parsed_.rules) check(rule);
    for (const Absence& absence : parsed_.absences) check(absence);
    std::stable_sort(warnings_.begin(), warnings_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    return std::move(warnings_);
  }

 private:
  void warn(const std::string& file, Place at, const std::string& row, std::string text) {
    warnings_.push_back({file, at.line, at.column, row, std::move(text)});
  }

  static std::string row(const Rule& rule) { return "rule '" + rule.id + "'"; }
  static std::string row(const Absence& absence) { return "absence '" + absence.id + "'"; }

  void check(const Alias& one) {
    const auto reads = [&](const Rule& rule) { return Lint::reads(rule, one.alias.field); };
    if (std::any_of(parsed_.rules.begin(), parsed_.rules.end(), reads)) return;
    warn(one.file, one.at, "",
         "unused: no rule reads " + std::string(name(one.alias.field)) + ", so the alias '" +
             one.alias.name + "' does nothing");
  }

  static bool reads(const Rule& rule, Field field) {
    const auto hears = [&](Witness witness) {
      const auto among = [&](const Witnesses& all) {
        return std::find(all.begin(), all.end(), witness) != all.end();
      };
      return among(rule.host) || among(rule.source) || among(rule.destination);
    };
    switch (field) {
      // Any fact of an instance may fill these, and what an operation begins in, and whether it
      // is a resize, is asked of all.
      case Field::instance_id:
      case Field::display_name:
      case Field::project_id:
      case Field::request_id:
      case Field::power_state:
      case Field::old_state:
      case Field::flavor:
        return rule.about != About::host;
      case Field::publisher_service:
      case Field::publisher_host:
        return hears(Witness::publisher);
      case Field::payload_host:
        return rule.about == About::host || hears(Witness::payload);
      case Field::state:
        return rule.writes.vm_state || rule.when.changed || !rule.when.state.empty();
      case Field::task_state:
        return rule.writes.task_state || rule.when.task != Condition::Task::whatever;
      case Field::deleted_at:
        return rule.when.deleted_at.has_value();
      case Field::audit_period_ending:
        return rule.when.periodic;
      case Field::binary:
      case Field::disabled:
      case Field::forced_down:
        return rule.about == About::host;
    }
    return true;
  }

  void check(const Rule& rule) {
    check_types(rule.events, rule.file, rule.events_at, row(rule));
    check_condition(rule);
    check_records(rule);
    check_shadow(rule);
    for (const std::string& event_type : rule.events) {
      (is_pattern(event_type) ? patterned_ : earlier_[event_type]).push_back(&rule);
    }
  }

  void check(const Absence& absence) {
    check_types(absence.after, absence.file, absence.after_at, row(absence));
    check_types(absence.without, absence.file, absence.without_at, row(absence));
    for (const std::string& asked : absence.after) {
      const auto answers = [&](const std::string& answer) { return covers(answer, asked); };
      if (std::any_of(absence.without.begin(), absence.without.end(), answers)) {
        warn(absence.file, absence.without_at, row(absence),
             "unreachable: '" + asked + "' is itself what it must not be without");
      }
    }
  }

  void check_types(const std::vector<std::string>& event_types, const std::string& file, Place at,
                   const std::string& row) {
    for (const std::string& event_type : event_types) {
      const auto matches = [&](std::string_view type) { return glob_match(event_type, type); };
      const bool sent = is_pattern(event_type) ? std::any_of(known_.begin(), known_.end(), matches)
                                               : known_.count(event_type) > 0;
      if (sent) continue;
      std::string text = "unused: no event type '" + event_type + "' is known of Nova";
      if (suggested_++ < kSuggestions) {
        text += suggestion(event_type, WordList(known_.begin(), known_.end()));
      }
      warn(file, at, row, std::move(text));
    }
  }

  void check_condition(const Rule& rule) {
    const auto only_of = [&](const char* action) {
      return std::none_of(
          rule.events.begin(), rule.events.end(), [&](const std::string& event_type) {
            return glob_match(event_type, std::string("compute.instance.") + action) ||
                   glob_match(event_type, std::string("instance.") + action);
          });
    };
    if (rule.when.periodic && only_of("exists")) {
      warn(rule.file, rule.when_at, row(rule),
           "unreachable: only compute.instance.exists and instance.exists have an audit period");
    }
    if (rule.when.changed && only_of("update")) {
      warn(rule.file, rule.when_at, row(rule),
           "unreachable: only compute.instance.update and instance.update tell the old state");
    }
    if (const std::string both = contradiction(rule.when, telling_); !both.empty()) {
      warn(rule.file, rule.when_at, row(rule), "unreachable: no event meets both " + both);
    }
  }

  void check_records(const Rule& rule) {
    for (auto one = rule.records.begin(); one != rule.records.end(); ++one) {
      const auto wider = std::find_if(rule.records.begin(), one, [&](const RecordTemplate& first) {
        return covers(first.types, one->types);
      });
      if (wider == one) continue;
      warn(rule.file, {rule.line, rule.column}, row(rule),
           "shadowed: the records '" + wider->types + "' before it take all that '" + one->types +
               "' could get");
    }
  }

  /// Rows stand in the order in which they are asked.
  void check_shadow(const Rule& rule) {
    std::vector<const Rule*> takers;
    for (const std::string& event_type : rule.events) {
      const Rule* const taker = taker_of(rule, event_type);
      if (taker == nullptr) return;
      if (std::find(takers.begin(), takers.end(), taker) == takers.end()) takers.push_back(taker);
    }
    std::string text = "shadowed: all that it could get goes to ";
    for (const Rule* const taker : takers) {
      if (taker != takers.front()) text += ", ";
      text += "rule '" + taker->id + "' (" + taker->file + ":" + std::to_string(taker->line) + ")";
    }
    warn(rule.file, {rule.line, rule.column}, row(rule), std::move(text));
  }

  [[nodiscard]] const Rule* taker_of(const Rule& rule, const std::string& event_type) const {
    const auto takes = [&](const Rule* earlier) { return implies(rule.when, earlier->when); };
    if (const auto same = earlier_.find(event_type); same != earlier_.end()) {
      const auto found = std::find_if(same->second.begin(), same->second.end(), takes);
      if (found != same->second.end()) return *found;
    }
    const auto found = std::find_if(patterned_.begin(), patterned_.end(), [&](const Rule* earlier) {
      return takes(earlier) &&
             std::any_of(earlier->events.begin(), earlier->events.end(),
                         [&](const std::string& wide) { return covers(wide, event_type); });
    });
    return found == patterned_.end() ? nullptr : *found;
  }

  const Parsed& parsed_;
  std::set<std::string_view> known_;  // event types that the shipped table lists
  TellingNames telling_;

  std::map<std::string_view, std::vector<const Rule*>> earlier_;  // rows seen, by event type
  std::vector<const Rule*> patterned_;                            // those with a pattern
  std::vector<RuleWarning> warnings_;
  std::size_t suggested_ = 0;
};

}  // namespace

std::string RuleWarning::message() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " +
         (row.empty() ? "" : row + ": ") + text;
}

std::vector<RuleWarning> RuleSet::warnings() const {
  const RuleSet shipped = RuleSet::shipped();
  return Lint(compiled_->all, shipped).run();
}

}  // namespace vmtrail
