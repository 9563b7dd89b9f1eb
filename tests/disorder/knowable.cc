// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/knowable.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace vmtrail::disorder {
namespace {

/// An audit that somebody's action asked for; the periodic one ends on a full hour.
bool is_courtesy_audit(const Made& event) {
  return event.event_type == "compute.instance.exists" &&
         !field(event, Field::audit_period_ending).ends_with(":00:00");
}

bool told_by_itself(const Made& event, const Truth& truth, const Form& form) {
  if (is_courtesy_audit(event)) return false;
  if (form.traits != Traits::ceilometer) return true;
  if (is_update(event) && field(event, Field::old_state) == field(event, Field::state)) {
    return false;
  }
  const bool offloads = truth.host.empty() && !truth.deleted;
  return !offloads || field(event, Field::state) == "shelved_offloaded" ||
         event.event_type == "compute.instance.shelve_offload.start";
}

bool told_later(const Made& event) {
  if (is_courtesy_audit(event)) return false;
  const std::string publisher = field(event, Field::publisher_host);
  return !field(event, Field::payload_host).empty() ||
         std::find(compute_hosts().begin(), compute_hosts().end(), publisher) !=
             compute_hosts().end();
}

}  // namespace

bool knowable(const Truth& truth, const Form& form, const std::vector<Made>& sent,
              const std::vector<Made>& came) {
  std::set<std::string_view> telling;
  bool begun = false;
  for (const Made& event : sent) {
    const bool own = truth.last_turn.count(event.message_id) != 0;
    begun = begun || own;
    if (!begun || field(event, Field::instance_id).empty()) continue;
    if (own ? told_by_itself(event, truth, form) : told_later(event)) {
      telling.insert(event.message_id);
    }
  }
  return std::any_of(came.begin(), came.end(), [&](const Made& event) {
    return telling.find(event.message_id) != telling.end();
  });
}

}  // namespace vmtrail::disorder
