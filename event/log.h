// SPDX-License-Identifier: Apache-2.0
// Events in the lines of logs, as Python's repr of Ceilometer's models prints them.

#pragma once

#include <optional>
#include <string_view>

#include "event/output.h"
#include "event/traits.h"

namespace vmtrail {

/// Decodes lines with `<Event: ID, TYPE, TIME, <Trait: NAME DTYPE VALUE> <Trait: …>>` (ceilometer
/// event/models.py), one or several, after any prefix.
///
/// Nothing in it is escaped, and a VM's name is its owner's choice: a value ends where the next
/// trait begins, so a name that holds `> <Trait: host_name 1 evil` makes further traits, which
/// repeat a name and are told as repeated_trait. A name that holds a whole event cannot be told
/// from a real one.
class LogDecoder {
 public:
  explicit LogDecoder(const TraitNames* names) : site_(names) {}

  /// Tells every event in `text`, a line from its first `<Event:` on.
  void decode(std::string_view text, Output& output);

 private:
  void event(std::string_view text, Output& output);
  void read_traits(std::string_view section);

  SiteTraits site_;
  Draft draft_{site_};
  TraitSet traits_{draft_};
};

}  // namespace vmtrail
