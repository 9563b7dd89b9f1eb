// SPDX-License-Identifier: Apache-2.0

#include "rules/implication.h"

#include <algorithm>
#include <optional>

#include "rules/trait_value.h"

namespace vmtrail {

namespace {

using Operator = TraitCondition::Operator;

bool is_lower(Operator op) {
  return op == Operator::gt || op == Operator::ge;
}
bool is_upper(Operator op) {
  return op == Operator::lt || op == Operator::le;
}

bool same_type(const TraitValue& a, const TraitValue& b) {
  return a.typed.index() == b.typed.index();
}

bool is_text(const TraitValue& value) {
  return std::holds_alternative<std::monostate>(value.typed);
}

// One number or time can be spelled in many ways; which one a trait has cannot be told.
bool is_about_spelling(const TraitCondition& asked) {
  return asked.op == Operator::glob ||
         std::any_of(asked.values.begin(), asked.values.end(), is_text);
}

/// Does a trait that equals `value` meet `asked`? nullopt: that depends on its spelling.
std::optional<bool> decided(const TraitCondition& asked, const TraitValue& value) {
  if (!is_text(value) && is_about_spelling(asked)) return std::nullopt;
  return meets(asked, value.text);
}

bool same(const TraitCondition& a, const TraitCondition& b) {
  return a.op == b.op && a.exists == b.exists &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                    [](const TraitValue& x, const TraitValue& y) {
                      return same_type(x, y) && x.text == y.text;
                    });
}

bool implies(const TraitCondition& strong, const TraitCondition& weak) {
  if (strong.name != weak.name) return false;
  if (same(strong, weak)) return true;
  if (strong.op == Operator::exists) return false;
  if (weak.op == Operator::exists) return weak.exists;
  if (strong.op == Operator::eq || strong.op == Operator::in) {
    return std::all_of(strong.values.begin(), strong.values.end(), [&](const TraitValue& value) {
      return decided(weak, value).value_or(false);
    });
  }
  const bool bounds =
      (is_lower(strong.op) && is_lower(weak.op)) || (is_upper(strong.op) && is_upper(weak.op));
  if (!bounds || !same_type(strong.values.front(), weak.values.front())) return false;
  const auto order = compared(strong.values.front().text, weak.values.front());
  if (!order) return false;
  const bool strict = weak.op == Operator::gt || weak.op == Operator::lt;
  const bool weak_strict_only = strict && strong.op != Operator::gt && strong.op != Operator::lt;
  if (*order == 0) return !weak_strict_only;
  return is_lower(strong.op) ? *order > 0 : *order < 0;
}

/// Can no value meet both? False also where that cannot be told.
bool exclude(const TraitCondition& a, const TraitCondition& b) {
  if (a.op == Operator::exists || b.op == Operator::exists) {
    const bool absent =
        (a.op == Operator::exists && !a.exists) || (b.op == Operator::exists && !b.exists);
    return absent && !same(a, b);
  }
  if (a.op == Operator::eq || a.op == Operator::in) {
    return std::all_of(a.values.begin(), a.values.end(),
                       [&](const TraitValue& value) { return !decided(b, value).value_or(true); });
  }
  if (b.op == Operator::eq || b.op == Operator::in) return exclude(b, a);
  if (a.op == Operator::glob || b.op == Operator::glob) return false;
  const TraitValue& x = a.values.front();
  const TraitValue& y = b.values.front();
  if (!same_type(x, y)) return !is_text(x) && !is_text(y);  // no number is a time
  if (is_upper(a.op) && is_lower(b.op)) return exclude(b, a);
  if (!is_lower(a.op) || !is_upper(b.op)) return false;
  const auto order = compared(x.text, y);
  return order && (*order > 0 || (*order == 0 && (a.op == Operator::gt || b.op == Operator::lt)));
}

std::string_view spelled(Operator op) {
  switch (op) {
    case Operator::eq:
      return "eq";
    case Operator::ne:
      return "ne";
    case Operator::lt:
      return "lt";
    case Operator::le:
      return "le";
    case Operator::gt:
      return "gt";
    case Operator::ge:
      return "ge";
    case Operator::in:
      return "in";
    case Operator::exists:
      return "exists";
    case Operator::glob:
      return "glob";
  }
  return "";
}

std::string described(const TraitCondition& asked) {
  std::string text = asked.name + " " + std::string(spelled(asked.op));
  if (asked.op == Operator::exists) return text + (asked.exists ? " true" : " false");
  for (const TraitValue& value : asked.values) {
    text += (&value == &asked.values.front() ? " " : ", ");
    text += value.text.empty() ? "''" : value.text;
  }
  return text;
}

bool task_implies(const Condition& strong, const Condition& weak) {
  switch (weak.task) {
    case Condition::Task::whatever:
      return true;
    case Condition::Task::none:
      return strong.task == Condition::Task::none;
    case Condition::Task::any:
      return strong.task == Condition::Task::any || strong.task == Condition::Task::exactly;
    case Condition::Task::exactly:
      return strong.task == Condition::Task::exactly && strong.task_state == weak.task_state;
  }
  return false;
}

/// What `when` asks of state or task, as asked of a trait that tells it.
std::optional<TraitCondition> of_task(const Condition& when, std::string_view trait) {
  const std::string name(trait);
  switch (when.task) {
    case Condition::Task::whatever:
      return std::nullopt;
    case Condition::Task::none:
      return TraitCondition{name, Operator::eq, {TraitValue{}}, true};
    case Condition::Task::any:
      return TraitCondition{name, Operator::ne, {TraitValue{}}, true};
    case Condition::Task::exactly:
      return TraitCondition{name, Operator::eq, {TraitValue{when.task_state, {}}}, true};
  }
  return std::nullopt;
}

}  // namespace

bool covers(std::string_view wide, std::string_view narrow) {
  return glob_match(wide, narrow);  // a star in the text is met by nothing but a star
}

bool implies(const Condition& strong, const Condition& weak) {
  if (!weak.state.empty() && strong.state != weak.state) return false;
  if (!task_implies(strong, weak)) return false;
  if ((weak.periodic && !strong.periodic) || (weak.changed && !strong.changed)) return false;
  if (weak.deleted_at && strong.deleted_at != weak.deleted_at) return false;
  return std::all_of(weak.traits.begin(), weak.traits.end(), [&](const TraitCondition& asked) {
    return std::any_of(strong.traits.begin(), strong.traits.end(),
                       [&](const TraitCondition& met) { return implies(met, asked); });
  });
}

std::string contradiction(const Condition& when, const TellingNames& names) {
  const auto among = [](const std::vector<std::string_view>& all, std::string_view one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (auto a = when.traits.begin(); a != when.traits.end(); ++a) {
    if (a->op != Operator::exists) {
      // A trait that is not there says nothing of what the payload tells.
      const TraitCondition state{a->name, Operator::eq, {TraitValue{when.state, {}}}, true};
      if (!when.state.empty() && among(names.state, a->name) && exclude(state, *a)) {
        return "state " + when.state + " and " + described(*a);
      }
      const auto task = of_task(when, a->name);
      if (task && among(names.task, a->name) && exclude(*task, *a)) {
        return "task " + when.task_state + " and " + described(*a);
      }
    }
    for (auto b = a + 1; b != when.traits.end(); ++b) {
      if (a->name == b->name && exclude(*a, *b)) return described(*a) + " and " + described(*b);
    }
  }
  return "";
}

}  // namespace vmtrail
