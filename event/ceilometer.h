// SPDX-License-Identifier: Apache-2.0
// Ceilometer's events, with their traits in any of the forms they are serialised in.

#pragma once

#include "event/draft.h"
#include "event/json_value.h"
#include "event/traits.h"

namespace vmtrail {

/// The forms of traits that a format allows.
enum class TraitForms : std::uint8_t {
  any,  ///< `[name,dtype,value]`, `{name,dtype,value}`, `{name,type,value}`, or one object of
        ///< values
  dictionaries,  ///< only `{name,dtype,value}`: the file publisher's
};

/// Reads an event that Ceilometer serialised. Where `raw` holds the notification, it tells what the
/// traits do not; traits win where both tell, for they are what an operator configured, but an
/// instance id that differs is conflicting_traits. `traits` reads into `draft`.
void read_ceilometer(const Members& members, TraitForms forms, Draft& draft, TraitSet& traits,
                     NumberTexts& numbers);

}  // namespace vmtrail
