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
    if (rooms_.empty() || facts.size() >= kRoom) {
      facts.reserve(std::max(kRoom, 2 * facts.size()));
      return;
    }
    Facts larger = std::move(rooms_.back());
    rooms_.pop_back();
    larger.assign(std::make_move_iterator(facts.begin()), std::make_move_iterator(facts.end()));
    facts = std::move(larger);
  }

  /// Makes it as new.
  void empty(Operation& operation) {
    Facts& facts = operation.facts;
    facts.clear();
    if (facts.capacity() == kRoom && rooms_.size() < kMost) rooms_.push_back(std::move(facts));
    operation.clear();
  }
  void keep(std::unique_ptr<Operation> operation) {
    if (operations_.size() == kMost) return;
    empty(*operation);
    operations_.push_back(std::move(operation));
  }

 private:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kRoom = 12;  // most operations that have more than a few have less

  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<Facts> rooms_;
};

}  // namespace vmtrail
