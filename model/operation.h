// SPDX-License-Identifier: Apache-2.0
// An operation: the facts of one instance with one request, in their order, and what they add up
// to.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "model/fact.h"
#include "model/id_filter.h"
#include "model/migration.h"
#include "model/names.h"
#include "model/optional_index.h"
#include "model/optional_time.h"
#include "model/prefetch.h"
#include "vmtrail/ids.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// The phases seen in an operation.
class Phases {
 public:
  Phases() = default;
  template <class... More>
  constexpr explicit Phases(Phase phase, More... more)
      : bits_((std::uint32_t{1} << static_cast<unsigned>(phase)) |
              (std::uint32_t{0} | ... | (std::uint32_t{1} << static_cast<unsigned>(more)))) {}

  void add(Phase phase) {
    bits_ |= std::uint32_t{1} << static_cast<unsigned>(phase);
    if (phase == Phase::raised_after_switch) bits_ |= Phases(Phase::raised, Phase::switched).bits_;
  }
  [[nodiscard]] bool has(Phase phase) const {
    return (bits_ >> static_cast<unsigned>(phase) & 1U) != 0;
  }
  template <class... More>
  [[nodiscard]] bool any(Phase phase, More... more) const {
    return any(Phases(phase, more...));
  }
  [[nodiscard]] bool any(Phases of) const { return (bits_ & of.bits_) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

/// A set of kinds.
class Kinds {
 public:
  template <class... More>
  constexpr explicit Kinds(More... kinds)
      : bits_((std::uint32_t{0} | ... | (std::uint32_t{1} << static_cast<unsigned>(kinds)))) {}
  [[nodiscard]] constexpr bool has(OperationKind kind) const {
    return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0;
  }

 private:
  std::uint32_t bits_;
};

/// Can it change the instance's host?
[[nodiscard]] constexpr bool is_mover(OperationKind kind) {
  using enum OperationKind;
  return Kinds(boot, live_migration, resize, revert, rebuild, shelve, unshelve).has(kind);
}
/// Does it lead away from a host that is up, and goes on sending audits?
[[nodiscard]] constexpr bool leaves_live_host(OperationKind kind) {
  using enum OperationKind;
  return Kinds(live_migration, resize).has(kind);
}
/// Does Nova run it one at a time, under a task state?
[[nodiscard]] constexpr bool is_serial(OperationKind kind) {
  using enum OperationKind;
  return is_mover(kind) || Kinds(confirm, action, restore, soft_delete).has(kind);
}

/// May an event that names no instance join an operation of this kind by its request? Only where a
/// request concerns one instance: one boot request can make many.
[[nodiscard]] constexpr bool is_joinable(OperationKind kind) {
  return (is_serial(kind) && kind != OperationKind::boot) || kind == OperationKind::remove;
}

/// First and last time on one publisher's own clock.
struct ClockSpan {
  NameId publisher;  // by its host key
  Time first;
  Time last;
};
/// So many of an operation count; a real one has a few.
inline constexpr std::size_t kMostClocks = 16;

/// Most operations are updates and audits of their own; the facts of larger ones stand elsewhere.
using Facts = boost::container::small_vector<Fact, 2>;

struct Operation {
  RequestId request;  ///< empty: a fact without a request is an operation of its own
  Facts facts;

  // What the facts add up to.
  Time first;
  Time last;
  Phases phases;
  NameId source{};
  NameId destination{};
  NameId acting_host{};  ///< where a single-host action runs
  NameId state_in{};     ///< vm_state in which it began
  NameId state_out{};    ///< last vm_state written

  // What the walk over the instance's operations leaves here.
  MigrationEnding ended_before;  ///< while there is an `ended`: how that one had ended before
  OptionalIndex migration;       ///< of its migration
  OptionalIndex ended;           ///< of the earlier migration that it confirms or reverts
  Outcome judged = Outcome::in_progress;  ///< stuck or uncertain, until another fact comes

  bool joinable = false;  ///< its instance can be found by its request

  // More of what the facts add up to: a byte each, beside those above.
  OperationKind kind = OperationKind::none;
  bool deletes = false;
  bool new_flavor = false;

  /// Puts a fact where it belongs in the order. Returns its index.
  std::size_t insert(Fact&& fact);
  /// What it would be if it were new and held that fact alone, which asserts what its only one
  /// does.
  void renew(const RequestId& by, Fact&& fact);
  /// Makes it as new.
  void clear();
  /// Of all facts, and perhaps of some that were dropped.
  [[nodiscard]] const IdFilter& ids() const { return ids_; }
  [[nodiscard]] bool holds(const MessageId& id) const {
    if (!ids_.may_have(id.text())) return false;
    for (const Fact& fact : facts) {
      if (fact.message_id == id) return true;
    }
    return false;
  }
  /// The nearest fact on that side whose publisher asserted the same, if between them others, at
  /// most kMostBetween, did, too.
  enum class Side : std::uint8_t { before, behind };
  [[nodiscard]] OptionalIndex twin(std::size_t index, Side side) const;
  /// Removes the fact at `index` of a long operation if it has twins on both sides: of a run of
  /// equal facts only each publisher's first and last matter (libvirt saves `progress` every 5 s of
  /// a live migration). Returns its id.
  std::optional<MessageId> compact(std::size_t index);

  // It will be read soon, but for its facts.
  void prefetch() const {
    static constexpr std::size_t kLeadsToFacts = 24;  // bytes; the room in place is behind
    vmtrail::prefetch(this, sizeof request + kLeadsToFacts);
    prefetch_range(&first, this + 1);
  }

  [[nodiscard]] bool serial() const { return is_serial(kind) || deletes; }
  /// Has it come to an end that says where the instance is? Kinds that do not say so count as
  /// closed.
  [[nodiscard]] bool closed() const;
  /// Has it come to any end? What has failed may yet be tried again.
  [[nodiscard]] bool has_ended() const {
    return closed() || phases.any(Phase::failed, Phase::raised);
  }
  /// Is nothing more of it to come, as far as its facts tell? An action or a deletion that has
  /// begun may end hours later; what an update announces, a queued migration, may begin then.
  [[nodiscard]] bool over() const;
  /// Has it failed, and where it was begun last?
  [[nodiscard]] bool has_given_up() const;
  /// Has Nova's record told of a task, and in the end of none?
  [[nodiscard]] bool task_cleared() const;
  /// Can it say where the instance is from then on?
  [[nodiscard]] bool may_place() const {
    return is_mover(kind) || (kind == OperationKind::confirm && host_out() != NameId::nothing);
  }
  /// Where it begins and where it leads, as far as its own facts tell.
  [[nodiscard]] NameId host_in() const;
  [[nodiscard]] NameId host_out() const;
  /// The vm_state in which it begins and that in which it leaves the instance, likewise.
  [[nodiscard]] NameId begins_in() const;
  [[nodiscard]] NameId leads_to() const;
  /// When it ended; none while it has not.
  [[nodiscard]] OptionalTime finished_at() const;
  [[nodiscard]] Duration limit() const;
  /// What to call it once nothing more is expected of it.
  [[nodiscard]] Outcome judgement() const;
  /// By publisher. Made of the facts when first asked for.
  [[nodiscard]] const std::vector<ClockSpan>& clocks() const;
  [[nodiscard]] const ClockSpan* clock(NameId publisher) const;

 private:
  void absorb(const Fact& fact);
  void sum_up();
  [[nodiscard]] bool only_confirms(std::size_t index) const;
  void absorb_confirmation(std::size_t index);
  void widen(Time generated);
  [[nodiscard]] bool is_of_another_flavor(const Fact& fact) const;

  bool change_told_ = false;  // some fact has told the state before a change
  mutable bool clocks_known_ = false;
  IdFilter ids_;  // of the facts
  mutable std::vector<ClockSpan> clocks_;
};

/// Operations of an instance beyond which room is made: bystanders go first, then what is over. No
/// real one comes near within a horizon, but for updates that each have a request of their own.
/// Twice as many are never held.
inline constexpr std::size_t kMaxOperations = 64;

/// Facts that an operation holds before runs of equal ones are compacted.
inline constexpr std::size_t kCompactFrom = 64;
/// Of other publishers, in such a run, between two of one.
inline constexpr std::size_t kMostBetween = 16;

/// The kind of an operation that holds facts of kind `so_far` when one of kind `next` joins behind
/// them.
[[nodiscard]] OperationKind joined(OperationKind so_far, OperationKind next);

}  // namespace vmtrail
