// SPDX-License-Identifier: Apache-2.0

#include "dispatcher/absences.h"

#include <algorithm>

#include "vmtrail/condition.h"

namespace vmtrail {

Absences::Absences(std::span<const Absence> absences, Limits limits)
    : absences_(absences), limits_(limits) {
  for (std::uint32_t i = 0; i < absences_.size(); ++i) {
    for (const bool answers : {false, true}) {
      for (const std::string& type : answers ? absences_[i].without : absences_[i].after) {
        if (type.find('*') != std::string::npos) {
          patterns_.push_back({type, i, answers});
        } else {
          Roles& roles = written_out_[type];
          (answers ? roles.answers : roles.asks).insert(i);
        }
      }
    }
  }
  for (auto& [type, roles] : written_out_) {
    for (const Pattern& one : patterns_) {
      if (glob_match(one.pattern, type))
        (one.answers ? roles.answers : roles.asks).insert(one.absence);
    }
  }
}

const Absences::Roles& Absences::roles_of(std::string_view event_type) {
  if (const auto found = written_out_.find(event_type); found != written_out_.end()) {
    return found->second;
  }
  matched_.asks.clear();
  matched_.answers.clear();
  for (const Pattern& one : patterns_) {
    if (glob_match(one.pattern, event_type)) {
      (one.answers ? matched_.answers : matched_.asks).insert(one.absence);
    }
  }
  return matched_;
}

std::optional<Absences::Key> Absences::key_of(std::uint32_t absence, const Event& event,
                                              const InstanceId& instance) const {
  Key key{absence, instance, {}};
  if (absences_[absence].by == Absence::By::request) {
    key.request = event[Field::request_id];
    if (key.request.empty()) return std::nullopt;
  }
  return key;
}

void Absences::observe(const Event& event, const InstanceId& instance, Time stream) {
  const Roles& roles = roles_of(event.event_type);
  for (const std::uint32_t absence : roles.answers) {
    if (const auto key = key_of(absence, event, instance)) answer(*key, event.generated);
  }
  for (const std::uint32_t absence : roles.asks) {
    const auto key = key_of(absence, event, instance);
    if (!key || is_answered(*key, event.generated)) continue;
    if (event.generated + limits_.clock_tolerance + limits_.horizon < stream) {
      ++given_up_;  // its answer may have been forgotten
      continue;
    }
    wait({*key, event.generated, std::string(event.event_type)}, std::string(event.message_id));
  }
}

bool Absences::is_answered(const Key& key, Time generated) const {
  const auto answers = answers_.find(key);
  if (answers == answers_.end()) return false;
  const auto first = answers->second.lower_bound(generated - limits_.clock_tolerance);
  return first != answers->second.end() && *first <= generated + absences_[key.absence].within;
}

void Absences::answer(const Key& key, Time generated) {
  remember(key, generated);
  const auto found = waiting_of_.find(key);
  if (found == waiting_of_.end()) return;
  std::set<DueOrder>& own = found->second;
  const Time last = generated + limits_.clock_tolerance + absences_[key.absence].within;
  auto first = own.lower_bound({generated, {}, 0});
  while (first != own.end() && first->due <= last) {
    waiting_.erase(*first);
    first = own.erase(first);
  }
  if (own.empty()) waiting_of_.erase(found);
}

void Absences::wait(Waiting waiting, std::string message_id) {
  const Key key = waiting.key;
  const DueOrder order{waiting.generated + absences_[key.absence].within, std::move(message_id),
                       key.absence};
  if (!waiting_.emplace(order, std::move(waiting)).second) return;
  waiting_of_[key].insert(order);
  if (waiting_.size() > limits_.waiting) {
    erase_first_waiting();
    ++given_up_;
  }
}

void Absences::remember(const Key& key, Time generated) {
  if (!answers_[key].insert(generated).second) return;
  answers_by_time_.emplace(generated, key);
  if (answers_by_time_.size() > limits_.answers) {
    forget_first_answer();
    ++given_up_;
  }
}

void Absences::forget_first_answer() {
  const auto first = answers_by_time_.begin();
  const auto own = answers_.find(first->second);
  own->second.erase(first->first);
  if (own->second.empty()) answers_.erase(own);
  answers_by_time_.erase(first);
}

void Absences::erase_first_waiting() {
  const auto first = waiting_.begin();
  const auto own = waiting_of_.find(first->second.key);
  own->second.erase(first->first);
  if (own->second.empty()) waiting_of_.erase(own);
  waiting_.erase(first);
}

void Absences::tell_due(Time now, const Tell& tell) {
  while (!waiting_.empty() && waiting_.begin()->first.due < now) {
    const auto& [order, waiting] = *waiting_.begin();
    tell({&absences_[waiting.key.absence], waiting.key.instance, order.due, order.message_id,
          waiting.event_type});
    erase_first_waiting();
  }
}

void Absences::forget(Time stream) {
  // A question is watched that is so old, and its answer may seem older by the clocks.
  const Duration kept = 2 * limits_.clock_tolerance + limits_.horizon;
  while (!answers_by_time_.empty() && answers_by_time_.begin()->first + kept < stream) {
    forget_first_answer();
  }
}

std::vector<AwaitedSnapshot> Absences::snapshot() const {
  std::vector<AwaitedSnapshot> saved;
  for (const auto& [order, waiting] : waiting_) {
    saved.push_back({absences_[waiting.key.absence].id, waiting.key.instance, waiting.key.request,
                     waiting.generated, order.message_id, waiting.event_type});
  }
  for (const auto& [generated, key] : answers_by_time_) {
    saved.push_back({absences_[key.absence].id, key.instance, key.request, generated, {}, {}});
  }
  return saved;
}

void Absences::restore(std::span<const AwaitedSnapshot> saved) {
  std::map<std::string_view, std::uint32_t> places;
  for (std::uint32_t i = 0; i < absences_.size(); ++i) places.emplace(absences_[i].id, i);
  for (const AwaitedSnapshot& one : saved) {
    const auto place = places.find(one.absence);
    if (place == places.end()) continue;
    const bool by_request = absences_[place->second].by == Absence::By::request;
    if (by_request == one.request_id.empty()) continue;  // it is another absence by now
    const Key key{place->second, one.instance, one.request_id};
    if (one.message_id.empty()) {
      remember(key, one.generated);
    } else {
      wait({key, one.generated, one.event_type}, one.message_id);
    }
  }
}

}  // namespace vmtrail
