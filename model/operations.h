// SPDX-License-Identifier: Apache-2.0
// The operations that an instance holds.

#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <boost/container/small_vector.hpp>
#include <boost/iterator/indirect_iterator.hpp>

#include "model/operation.h"

namespace vmtrail {

/// Operations in their order, each at one address for as long as it is held: to put them in another
/// order, or to take the first ones away, moves no facts. A copy has operations of its own.
class Operations {
 public:
  using Owned = std::unique_ptr<Operation>;
  using Owners = boost::container::small_vector<Owned, 4>;
  using Iterator = boost::indirect_iterator<Owners::iterator>;
  using ConstIterator = boost::indirect_iterator<Owners::const_iterator, const Operation>;

  Operations() = default;
  Operations(const Operations& other) {
    for (const Operation& one : other) owned_.push_back(std::make_unique<Operation>(one));
  }
  Operations(Operations&&) noexcept = default;
  Operations& operator=(const Operations& other) {
    Operations copy(other);
    return *this = std::move(copy);
  }
  Operations& operator=(Operations&&) noexcept = default;
  ~Operations() = default;

  [[nodiscard]] Iterator begin() { return Iterator(owned_.begin()); }
  [[nodiscard]] Iterator end() { return Iterator(owned_.end()); }
  [[nodiscard]] ConstIterator begin() const { return ConstIterator(owned_.begin()); }
  [[nodiscard]] ConstIterator end() const { return ConstIterator(owned_.end()); }
  [[nodiscard]] std::size_t size() const { return owned_.size(); }
  [[nodiscard]] bool empty() const { return owned_.empty(); }
  [[nodiscard]] Operation& operator[](std::size_t i) { return *owned_[i]; }
  [[nodiscard]] const Operation& operator[](std::size_t i) const { return *owned_[i]; }
  [[nodiscard]] Operation& front() { return *owned_.front(); }
  [[nodiscard]] const Operation& front() const { return *owned_.front(); }
  [[nodiscard]] Operation& back() { return *owned_.back(); }
  [[nodiscard]] const Operation& back() const { return *owned_.back(); }

  void push_back(Owned operation) { owned_.push_back(std::move(operation)); }
  void erase(std::size_t i) { owned_.erase(owned_.begin() + static_cast<std::ptrdiff_t>(i)); }
  /// Gives the first ones to `take`, which then owns them.
  template <class Take>
  void take_first(std::size_t count, Take take) {
    const auto end = owned_.begin() + static_cast<std::ptrdiff_t>(count);
    for (auto one = owned_.begin(); one != end; ++one) take(std::move(*one));
    owned_.erase(owned_.begin(), end);
  }
  /// To put them in another order.
  [[nodiscard]] Owners& owned() { return owned_; }

 private:
  Owners owned_;
};

}  // namespace vmtrail
