// SPDX-License-Identifier: Apache-2.0
// Memory of operations that were folded, for the next ones.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "model/operation.h"

namespace vmtrail {

/// Operations, and the larger rooms for facts. An operation begins without one, so that those which
/// stay small take little memory for as long as they are held.
class Spares {
 public:
  [[nodiscard]] std::unique_ptr<Operation> operation() {
    if (operations_.empty()) return std::make_unique<Operation>();
    std::unique_ptr<Operation> spare = std::move(operations_.back());
    operations_.pop_back();
    return spare;
  }

  /// Makes room for one more.
  void give_room(Facts& facts) {
    if (facts.size() < facts.capacity()) return;
    const std::size_t wanted = facts.size() < kRoom ? kRoom : 2 * facts.size();
    std::vector<Facts>& rooms = rooms_of(wanted);
    Facts larger;
    if (!rooms.empty() && rooms.back().capacity() >= wanted) {
      larger = std::move(rooms.back());
      rooms.pop_back();
    } else {
      larger.reserve(wanted);
    }
    larger.assign(std::make_move_iterator(facts.begin()), std::make_move_iterator(facts.end()));
    keep_room(facts);
    facts = std::move(larger);
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

 private:
  static constexpr std::size_t kMost = 4096;       // operations: a megabyte and a half
  static constexpr std::size_t kMostRooms = 1024;  // of either size, for as much
  static constexpr std::size_t kRoom = 12;  // most operations that have more than a few have less

  [[nodiscard]] std::vector<Facts>& rooms_of(std::size_t facts) {
    return facts <= kRoom ? rooms_ : larger_rooms_;
  }
  void keep_room(Facts& facts) {
    facts.clear();
    if (facts.capacity() < kRoom) return;
    std::vector<Facts>& rooms = rooms_of(facts.capacity());
    if (rooms.size() < kMostRooms) rooms.push_back(std::move(facts));
  }

  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<Facts> rooms_;         // for kRoom facts
  std::vector<Facts> larger_rooms_;  // for more
};

}  // namespace vmtrail
