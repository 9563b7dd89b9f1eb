// SPDX-License-Identifier: Apache-2.0
// The rows themselves.

#include "tests/disorder/row.h"

namespace vmtrail::disorder {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kSkew = seconds{2};

constexpr Disturbance kInOrder{};
constexpr Disturbance kShuffled{.shuffle = true};
constexpr Disturbance kRedelivered{.redeliver_one = true};
constexpr Disturbance kShuffledAndSkewed{.shuffle = true, .skew = kSkew};
constexpr Disturbance kLoses1{.shuffle = true, .lost = 1};
constexpr Disturbance kLoses10{.shuffle = true, .lost = 10};
constexpr Disturbance kEverything{.shuffle = true,
                                  .redeliver_one = true,
                                  .duplicates = 10,
                                  .late_post_end = true,
                                  .late_dest_end = true,
                                  .skew = kSkew};

// Where nothing is lost and the clocks agree, or operations are further apart than the clocks, all
// is to be right. The other bars, and why they are where they are:

// Two operations within the clock tolerance without a common publisher and without payload hosts
// cannot be ordered if both fit (docs/semantics.md, what no method could recover, 2).
constexpr Bar kCrowded{.host = 99.95};
constexpr Bar kCrowdedNoUpdates{.host = 99.95, .migrations = 99.9};
// So it is with a migration that fails before any event names its source.
constexpr Bar kSourceUnknown{.migrations = 99.9};
// What a lost event alone has told nobody knows. If it is the end of the last operation, its
// outcome stays open, and where a delete was begun, the instance is still there, though flagged.
// With updates two events tell each end, without them one does, so at a loss of p the state is
// wrong in about p squared, or p, of the lives that end with a change of it. The figures are a
// little below what is reached, and not below what another implementation of the same semantics
// reached on the same events.
constexpr Bar kLost1{.host = 99.95, .vm_state = 99.95, .deleted = 99.95, .migrations = 99.55};
constexpr Bar kLost1NoUpdates{.host = 99.6, .vm_state = 99.3, .deleted = 99.8, .migrations = 99.4};
constexpr Bar kLost10{.host = 99.4, .vm_state = 99.3, .deleted = 99.6, .migrations = 94.5};
constexpr Bar kLost10NoUpdates{.host = 96.5, .vm_state = 93.5, .deleted = 97.5, .migrations = 94};
// What comes beyond the horizon is refused, so it is as good as lost: to the past, that is, as
// later operations tell where the instance is.
constexpr Bar kBeyondHorizon{.host = 99.99, .vm_state = 99.99, .migrations = 99.6};

/// Further apart than the clock tolerance.
LifeOptions seconds_apart(Plot plot) {
  return {.plot = plot, .shortest_gap = milliseconds{4500}, .longest_gap = seconds{30}};
}

/// Nearer to each other than the clocks agree, and as quick as they were recorded.
LifeOptions crowded(Plot plot) {
  return {.plot = plot,
          .boots = 100,
          .shortest_gap = Duration{0},
          .longest_gap = milliseconds{200},
          .shortest_length = 50,
          .longest_length = 100};
}

/// So far apart that what was is folded before what comes next.
LifeOptions minutes_apart() {
  return {.plot = Plot::any, .shortest_gap = minutes{5}, .longest_gap = minutes{40}};
}

/// As others were measured: no boot, one migration after the other.
LifeOptions unbooted(Plot plot) {
  return {.plot = plot, .boots = 0};
}

constexpr bool kUpdates = true;
constexpr bool kNoUpdates = false;

}  // namespace

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"in-order", "any life, in order", {}, kInOrder, {}, {}, {}},
      {"shuffle-one",
       "one migration, shuffled",
       {.plot = Plot::one_migration},
       kShuffled,
       {},
       {},
       {}},
      {"shuffle-a-b-c", "A to B to C, shuffled", {.plot = Plot::a_b_c}, kShuffled, {}, {}, {}},
      {"shuffle-a-b-a", "A to B to A, shuffled", {.plot = Plot::a_b_a}, kShuffled, {}, {}, {}},
      {"shuffle-any", "any life, shuffled", {}, kShuffled, {}, {}, {}},
      {"redelivered", "any life, one event redelivered", {}, kRedelivered, {}, {}, {}},
      {"duplicates", "any life, 10 % of events twice", {}, {.duplicates = 10}, {}, {}, {}},
      {"late-post-end",
       "any life, every `_post.end` late",
       {},
       {.late_post_end = true},
       {},
       {},
       {}},
      {"late-dest-end",
       "any life, every `post.dest.end` late",
       {},
       {.late_dest_end = true},
       {},
       {},
       {}},
      {"skew",
       "any life, clocks off by up to 2 s",
       seconds_apart(Plot::any),
       {.skew = kSkew},
       {},
       {},
       {}},
      {"everything",
       "any life, all of these at once",
       seconds_apart(Plot::any),
       kEverything,
       {},
       {},
       {}},
      {"late-within",
       "any life, late by up to 13 min, folded",
       minutes_apart(),
       {.late = 20, .least_late = seconds{1}, .most_late = minutes{13}},
       {},
       {},
       {}},
      {"crowded",
       "0.2 s apart, 2 s off",
       crowded(Plot::any),
       kShuffledAndSkewed,
       {},
       kCrowded,
       kUpdates},
      {"crowded-no-updates",
       "0.2 s apart, 2 s off, no updates",
       crowded(Plot::any),
       kShuffledAndSkewed,
       {},
       kCrowdedNoUpdates,
       kNoUpdates},
      {"crowded-chain",
       "8 migrations 0.2 s apart, 2 s off",
       crowded(Plot::migrations),
       kShuffledAndSkewed,
       {},
       {},
       {}},
      {"lost-1", "1 % of events lost", {}, kLoses1, {}, kLost1, kUpdates},
      {"lost-1-no-updates",
       "1 % of events lost, no updates",
       {},
       kLoses1,
       {},
       kLost1NoUpdates,
       kNoUpdates},
      {"lost-10", "10 % of events lost", {}, kLoses10, {}, kLost10, kUpdates},
      {"lost-10-no-updates",
       "10 % of events lost, no updates",
       {},
       kLoses10,
       {},
       kLost10NoUpdates,
       kNoUpdates},
      {"lost-dest-end",
       "every `post.dest.end` lost",
       {},
       {.shuffle = true, .loses_dest_end = true},
       {},
       {},
       {}},
      {"late-beyond",
       "late by 20 min to 3 h: too late",
       minutes_apart(),
       {.late = 10, .least_late = minutes{20}, .most_late = hours{3}},
       {.order_may_matter = true},
       kBeyondHorizon,
       {}},
      {"every",
       "operations made by hand, shuffled",
       {.plot = Plot::every},
       kShuffled,
       {},
       kSourceUnknown,
       kUpdates},
      {"every-no-updates",
       "operations made by hand, no updates",
       {.plot = Plot::every, .updates_alone = false},
       kShuffled,
       {},
       kSourceUnknown,
       kNoUpdates},
      {"every-everything",
       "operations made by hand, all at once",
       seconds_apart(Plot::every),
       kEverything,
       {},
       {},
       kUpdates},
      {"peers-one",
       "in order, one migration",
       unbooted(Plot::one_migration),
       kInOrder,
       {},
       {},
       kNoUpdates},
      {"peers-one-upd",
       "in order, one migration, updates",
       unbooted(Plot::one_migration),
       kInOrder,
       {},
       {},
       kUpdates},
      {"peers-chain", "in order, A to B to C", unbooted(Plot::a_b_c), kInOrder, {}, {}, kNoUpdates},
      {"peers-chain-upd",
       "in order, A to B to C, updates",
       unbooted(Plot::a_b_c),
       kInOrder,
       {},
       {},
       kUpdates},
      {"peers-shuffled",
       "shuffled, one migration",
       unbooted(Plot::one_migration),
       kShuffled,
       {},
       {},
       kNoUpdates},
      {"peers-shuffled-upd",
       "shuffled, one migration, updates",
       unbooted(Plot::one_migration),
       kShuffled,
       {},
       {},
       kUpdates},
      {"peers-shuffled-chain",
       "shuffled, A to B to C",
       unbooted(Plot::a_b_c),
       kShuffled,
       {},
       {},
       kNoUpdates},
      {"peers-shuffled-chain-upd",
       "shuffled, A to B to C, updates",
       unbooted(Plot::a_b_c),
       kShuffled,
       {},
       {},
       kUpdates},
      {"peers-redelivered",
       "one redelivered, A to B to C",
       unbooted(Plot::a_b_c),
       kRedelivered,
       {},
       {},
       kNoUpdates},
      {"peers-redelivered-upd",
       "one redelivered, A to B to C, updates",
       unbooted(Plot::a_b_c),
       kRedelivered,
       {},
       {},
       kUpdates},
  };
  return all;
}

}  // namespace vmtrail::disorder
