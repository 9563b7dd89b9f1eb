// SPDX-License-Identifier: Apache-2.0
// Where nobody can know.

#pragma once

#include <vector>

#include "tests/disorder/form.h"
#include "tests/disorder/life.h"

namespace vmtrail::disorder {

/// Does anything that came tell of the operation that brought the instance where it is in the end?
///
/// Events get lost, and with them at times all that told two lives apart: the one that was, and the
/// one in which that operation never happened. Where the same events would have come from both, no
/// method can answer both rightly, and to call the answer doubtful would be to call every answer
/// doubtful, as each instance might have been moved in silence. Only such trials are excused, and
/// only their placement: the table counts them by themselves (docs/semantics.md, what no method
/// could recover, 1). What tells:
///
/// - an event of the operation itself, whatever it says, unless it would have been sent without the
///   operation, too. With Ceilometer's traits that is an update that changes nothing (a rename
///   looks the same), and what a shelve sends before it offloads (one that does not sends the
///   same). `exists` is sent for the audit of whoever asked, and says nothing of what follows;
/// - any later event that a compute host sent about the instance, or that names its host.
///
/// `sent` is what Nova sent, in that order; `came` what is left of it, in any order.
[[nodiscard]] bool knowable(const Truth& truth, const Form& form, const std::vector<Made>& sent,
                            const std::vector<Made>& came);

}  // namespace vmtrail::disorder
