// SPDX-License-Identifier: Apache-2.0
// What is left of a notification in each of the forms in which events come.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tests/model_stream.h"

namespace vmtrail::disorder {

using testing::Made;

enum class Traits : std::uint8_t {
  raw,         ///< the notification itself: both hosts are told
  ceilometer,  ///< Ceilometer's default traits: the publisher alone, no task
  zenoss,      ///< ceilometer_zenoss': the publisher alone, and the task
};

struct Form {
  Traits traits;
  bool updates;  ///< is notify_on_state_change set, so that Nova sends compute.instance.update?

  [[nodiscard]] std::string_view name() const;
};

[[nodiscard]] const std::vector<Form>& forms();

/// The notification as Ceilometer's agent turns it into an event; nullopt: Nova does not send it.
[[nodiscard]] std::optional<Made> in_form(const Made& notification, const Form& form);

}  // namespace vmtrail::disorder
