// SPDX-License-Identifier: Apache-2.0
// A fact: what one event, through its rule, asserts of one instance.

#pragma once

#include <cstdint>
#include <optional>

#include "model/names.h"
#include "vmtrail/event.h"
#include "vmtrail/ids.h"
#include "vmtrail/rules.h"
#include "vmtrail/time.h"

namespace vmtrail {

struct Fact {
  MessageId message_id;
  Time generated;
  const Rule* rule = nullptr;
  NameId event_type{};
  NameId publisher_service{};
  NameId publisher_host{};
  NameId publisher_key{};  ///< the same in lower case
  NameId payload_host{};
  NameId state{};
  NameId old_state{};
  NameId task_state{};
  NameId flavor{};
  NameId name{};
  NameId project_id{};
  PowerState power = PowerState::unknown;
  bool task_told = false;
  /// A bit for each Witness that it carries. A controller's service carries none for its publisher:
  /// its host is not where the instance is.
  std::uint8_t witnesses = 0;

  [[nodiscard]] bool carries(Witness witness) const {
    return (witnesses >> static_cast<unsigned>(witness) & 1U) != 0;
  }
  /// Does it say that the instance is gone for good?
  [[nodiscard]] bool says_deleted() const {
    return state == NameId::deleted || rule->writes.deleted;
  }
  [[nodiscard]] bool changes_state() const {
    return old_state != NameId::nothing && old_state != state;
  }
};

struct State;

/// What is likely to be said again.
struct Expected {
  const State& answer;         ///< of the instance
  const Fact* last = nullptr;  ///< likewise; nullptr: none is held
  NameId event_type{};
};

[[nodiscard]] Fact make_fact(const Event& event, const MessageId& message, const Rule& rule,
                             Names& names, const Expected& expected);
/// The same without expecting anything.
[[nodiscard]] Fact make_fact(const Event& event, const MessageId& message, const Rule& rule,
                             Names& names);

/// The host on the word of the first witness that the fact carries; `nothing` if it says that there
/// is none; nullopt if nobody says anything.
[[nodiscard]] inline std::optional<NameId> named(const Fact& fact, const Witnesses& witnesses) {
  for (const Witness witness : witnesses) {
    if (!fact.carries(witness)) continue;
    return witness == Witness::payload     ? fact.payload_host
           : witness == Witness::publisher ? fact.publisher_host
                                           : NameId::nothing;
  }
  return std::nullopt;
}

/// The order inside an operation: rank, then the publisher's clock, then the message id.
[[nodiscard]] inline bool comes_before(const Fact& a, const Fact& b) {
  if (a.rule->rank != b.rule->rank) return a.rule->rank < b.rule->rank;
  if (a.generated != b.generated) return a.generated < b.generated;
  return a.message_id < b.message_id;
}

/// Do they assert the same, though at different times?
[[nodiscard]] bool same_content(const Fact& a, const Fact& b);
[[nodiscard]] bool same_but_publisher(const Fact& a, const Fact& b);

}  // namespace vmtrail
