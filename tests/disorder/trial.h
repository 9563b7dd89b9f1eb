// SPDX-License-Identifier: Apache-2.0
// One life, disturbed, given to a model of its own, and the model's answer held against the truth.

#pragma once

#include <cstddef>
#include <string>

#include "tests/disorder/disturbance.h"
#include "tests/disorder/form.h"
#include "tests/disorder/life.h"

namespace vmtrail::disorder {

/// How right the model was.
struct Finding {
  bool host = false;
  bool vm_state = false;
  bool deleted = false;
  bool migrations = false;  ///< all of them, with kind, source, destination and outcome
  bool sure = false;        ///< neither `probable` nor `unknown`
  /// The host is wrong, and nothing says that it might be: the confidence is neither `probable` nor
  /// `unknown`, and the last migration is not called uncertain or stuck.
  bool confidently_wrong = false;
  bool unknowable = false;   ///< the same, but nobody can know better, see knowable()
  bool zenpack = false;      ///< Zenoss' ZenPack has the right host
  std::size_t events = 0;    ///< that arrived
  std::size_t too_late = 0;  ///< of these
  /// What must never be, whatever is lost or late: the records do not add up to the model; an
  /// instance was on a controller, or on a host whose name says that there is none; the events'
  /// order made a difference. Empty: all is well.
  std::string fault;
  std::string answer;  ///< is and should, for people; filled where the host or a state is wrong
};

struct TrialOptions {
  const RuleSet* rules = &testing::shipped_rules();
  /// Must the orderly arrival of the same events lead to the same placement? Beyond the horizon it
  /// may not.
  bool order_may_matter = false;
};

/// `life` as `form` shows it, disturbed by chance.
[[nodiscard]] Finding tried(const Life& life, const Form& form, const Disturbance& disturbance,
                            const TrialOptions& options, Random& random);

}  // namespace vmtrail::disorder
