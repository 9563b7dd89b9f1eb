// SPDX-License-Identifier: Apache-2.0
// Memory of operations that were folded, for the next ones.

#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "model/operation.h"
#include "model/prefetch.h"
#include "model/steps.h"

namespace vmtrail {

/// Operations, the larger rooms for facts, and steps. An operation begins without a room, so that
/// those which stay small take little memory for as long as they are held.
class Spares {
 public:
  Spares() {
    // Rooms that a vector moves as it grows are copied, and no longer rooms.
    rooms_.reserve(kMostRooms);
    larger_rooms_.reserve(kMostRooms);
  }

  [[nodiscard]] std::unique_ptr<Operation> operation() { return last_of(operations_); }

  /// Makes room for one more.
  void give_room(Facts& facts) {
    if (facts.size() == facts.capacity()) give_larger(facts);
  }

  /// Makes it as new.
  void empty(Operation& operation) {
    keep_room(operation.facts);
    operation.clear();
  }
  void keep(std::unique_ptr<Operation> operation) {
    if (operations_.size() == kMost) return;
    empty(*operation);
    operations_.push_back(std::move(operation));
  }

  /// As they were left.
  [[nodiscard]] std::unique_ptr<Steps> steps() { return last_of(steps_); }
  void keep(std::unique_ptr<Steps> steps) {
    if (steps_.size() < kMost) steps_.push_back(std::move(steps));
  }

 private:
  static constexpr std::size_t kMost = 4096;       // operations, and steps: a megabyte of each
  static constexpr std::size_t kMostRooms = 2048;  // of either size: two and four megabytes at most
  static constexpr std::size_t kRoom = 12;  // most operations that have more than a few have less

  /// A new one, if there is none. The one that is taken next may have been idle for long.
  template <class Spare>
  [[nodiscard]] static std::unique_ptr<Spare> last_of(std::vector<std::unique_ptr<Spare>>& spares) {
    if (spares.empty()) return std::make_unique_for_overwrite<Spare>();
    std::unique_ptr<Spare> spare = std::move(spares.back());
    spares.pop_back();
    if (!spares.empty()) prefetch(spares.back().get());
    return spare;
  }
  static void prefetch_last(const std::vector<Facts>& rooms) {
    constexpr std::size_t kSoon = 4;  // facts that will be in it
    if (rooms.size() < 2) return;
    prefetch(rooms.back().data(), kSoon * sizeof(Fact));
    prefetch_line(&rooms.back() - 1);
  }

  /// Those for exactly so many facts; nullptr: such are not kept.
  [[nodiscard]] std::vector<Facts>* rooms_of(std::size_t facts) {
    return facts == kRoom ? &rooms_ : facts == 2 * kRoom ? &larger_rooms_ : nullptr;
  }
  [[gnu::noinline]] void give_larger(Facts& facts) {
    const std::size_t wanted = facts.size() < kRoom ? kRoom : 2 * facts.size();
    std::vector<Facts>* const rooms = rooms_of(wanted);
    if (rooms == nullptr || rooms->empty()) return facts.reserve(wanted);
    // Out of the way first: to move them into the room, and then the room, would read its size
    // right after that was written, see OptionalTime::put().
    Facts smaller = std::move(facts);
    facts.clear();
    facts = std::move(rooms->back());
    rooms->pop_back();
    prefetch_last(*rooms);
    facts.assign(std::make_move_iterator(smaller.begin()), std::make_move_iterator(smaller.end()));
    keep_room(smaller);
  }
  void keep_room(Facts& facts) {
    facts.clear();
    std::vector<Facts>* const rooms = rooms_of(facts.capacity());
    if (rooms != nullptr && rooms->size() < kMostRooms) rooms->push_back(std::move(facts));
  }

  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<std::unique_ptr<Steps>> steps_;
  std::vector<Facts> rooms_;
  std::vector<Facts> larger_rooms_;
};

}  // namespace vmtrail
