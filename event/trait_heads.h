// SPDX-License-Identifier: Apache-2.0
// The traits of one event most often come in the order of the event before.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/block.h"
#include "event/scanning.h"
#include "event/traits.h"

namespace vmtrail {

/// Remembers of each known trait the bytes that it began with when it was last read in full, how
/// long its value was, and which trait came after it, so that the next event's are read by one
/// comparison and one search each. It holds only what has been verified byte by byte, and what it
/// expects is only ever compared: a wrong guess costs time.
class TraitHeads {
 public:
  /// A bit for each byte of a head, that of the first one lowest, and more; or for each known name.
  using Bits = std::uint64_t;
  static constexpr std::size_t kMaxSize = 32;

  /// What a trait began with: all that stands before its value.
  class Head {
   public:
    [[nodiscard]] const char* bytes() const { return bytes_.data(); }  ///< kMaxSize, aligned so
    /// Which of them count. None is learnt yet: more bits than there are bytes.
    [[nodiscard]] Bits needed() const { return needed_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// What comes after it.
    [[nodiscard]] const Head& next() const { return *next_; }

   private:
    friend TraitHeads;
    alignas(kMaxSize) std::array<char, kMaxSize> bytes_{};
    Bits needed_ = ~Bits{0};
    std::size_t size_ = 0;
    const Head* next_ = nullptr;

   public:
    // Of the trait's value: where it goes, the bit of its name, and how long it was the last time.
    std::string_view* slot = nullptr;
    Bits bit = 0;
    mutable UsualSize usual;
  };

  /// A walk along the traits of one event.
  struct Walk {
    const Head* previous;  // that was read
    Bits seen = 0;
    Bits sum = 0;  // of the bits that were seen; more than `seen`, if one was seen twice

    void take(const Head& head) {
      previous = &head;
      seen |= head.bit;
      sum += head.bit;
    }
    [[nodiscard]] bool repeated() const { return seen != sum; }
  };

  /// Of traits that are read into `traits`, which is borrowed.
  explicit TraitHeads(TraitSet& traits, Lanes lanes);
  TraitHeads(const TraitHeads&) = delete;
  TraitHeads& operator=(const TraitHeads&) = delete;

  /// Before the first trait.
  [[nodiscard]] Walk begin() const { return {&heads_[kNone]}; }
  /// The known trait came after those of the walk and began with `bytes`, at most kMaxSize.
  const Head& learn(const Walk& walk, std::size_t trait, std::string_view bytes);

  /// Takes traits at `at` as long as they are those that are expected, and have values without
  /// anything special. Returns where it stopped: at the head of another. Where `at` is at most
  /// kMaxSize behind `end`, what is read is within kPadding.
  const char* take_json(const char* at, const char* end, Walk& walk) const {
    return take_json_(at, end, walk);
  }
  const char* take_logged(const char* at, const char* end, Walk& walk) const {
    return take_logged_(at, end, walk);
  }

 private:
  using Take = const char* (*)(const char* at, const char* end, Walk& walk);
  static constexpr std::size_t kNone = kTraitNameCount;

  TraitSet& traits_;
  Take take_json_;
  Take take_logged_;

  std::array<Head, kNone + 1> heads_;
};

}  // namespace vmtrail
