// SPDX-License-Identifier: Apache-2.0
// What the model keeps of one instance.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/operation.h"
#include "model/state.h"
#include "model/trail.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// Says of most message ids that they were never added, without looking at those that were.
class MessageFilter {
 public:
  void add(const MessageId& id) {
    const std::size_t bit = id.hash() % kBits;
    words_[bit / 64] |= std::uint64_t{1} << bit % 64;
    ++added_;
  }
  /// false: certainly not.
  [[nodiscard]] bool may_have(const MessageId& id) const {
    const std::size_t bit = id.hash() % kBits;
    return (words_[bit / 64] >> bit % 64 & 1) != 0;
  }
  /// Were so many added that it says little?
  [[nodiscard]] bool is_worn() const { return added_ > kBits / 4; }

 private:
  static constexpr std::size_t kBits = 256;
  std::array<std::uint64_t, kBits / 64> words_{};
  std::uint32_t added_ = 0;
};

/// The operations that are not folded, and the states along their order. Between two events:
///   base  -(all operations but the last)->  prefix  -(facts of the last)->  open  -(its end)->
///   the instance's answer
/// so that a fact which comes last costs one step from `open`, and any other at most one walk from
/// `base`.
struct Held {
  State base;
  State prefix;
  State open;
  Confidence finished = Confidence::unknown;  ///< the answer's, without what only seems so in all
  std::vector<Operation> operations;          ///< in their order
  MessageFilter messages;                     ///< of the facts, and perhaps of some that are gone
  bool ambiguous =
      false;  ///< another operation may have come after the one that placed the instance last

  /// Without those that are gone.
  void renew_messages() {
    messages = {};
    for (const Operation& operation : operations) {
      for (const Fact& fact : operation.facts) messages.add(fact.message_id);
    }
  }
};

struct Instance {
  InstanceId id;
  std::uint32_t place = 0;  ///< among the model's instances
  State answer;
  std::unique_ptr<Held> held;              ///< null: everything is folded into the answer
  std::vector<ClosedInterval> past;        ///< closed intervals, oldest first
  std::vector<MigrationEntry> migrations;  ///< in the order of their operations
  /// Those that a confirm or a revert has ended, or ends no more, since records last told.
  std::vector<std::uint32_t> ended;
  std::vector<RequestId> folded;  ///< the last requests folded, oldest first
  /// Facts folded since it was last saved, and events turned away; null: none, or nobody asks.
  std::unique_ptr<Trail> trail;
  Time cut = Time::min();     ///< newest time folded
  Time newest = Time::min();  ///< newest fact
  bool queued = false;        ///< waits in the queue of instances that may become quiet
};

}  // namespace vmtrail
