// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/form.h"

#include <string>

namespace vmtrail::disorder {

std::string_view Form::name() const {
  switch (traits) {
    case Traits::raw:
      return updates ? "raw" : "raw, no updates";
    case Traits::ceilometer:
      return updates ? "ceilometer" : "ceilometer, no updates";
    case Traits::zenoss:
      return updates ? "zenoss" : "zenoss, no updates";
  }
  return {};
}

const std::vector<Form>& forms() {
  static const std::vector<Form> all{{Traits::raw, true},        {Traits::raw, false},
                                     {Traits::ceilometer, true}, {Traits::ceilometer, false},
                                     {Traits::zenoss, true},     {Traits::zenoss, false}};
  return all;
}

std::optional<Made> in_form(const Made& notification, const Form& form) {
  if (!form.updates && notification.event_type == "compute.instance.update") return std::nullopt;
  if (form.traits == Traits::raw) return notification;
  Made event = notification;
  event.fields.erase(Field::payload_host);
  if (form.traits == Traits::ceilometer) event.fields.erase(Field::task_state);
  if (event.event_type == "compute.instance.update") event.fields.erase(Field::audit_period_ending);
  if (!event.event_type.starts_with("compute.instance.")) {
    // No definition takes an instance's traits from these.
    for (const Field field : {Field::instance_id, Field::project_id, Field::state}) {
      event.fields.erase(field);
    }
  }
  return event;
}

}  // namespace vmtrail::disorder
