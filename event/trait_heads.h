// SPDX-License-Identifier: Apache-2.0
// The traits of one event most often come in the order of the event before.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "event/block.h"
#include "event/traits.h"

namespace vmtrail {

/// Remembers of each known trait the bytes that it began with when it was last read in full, and
/// which one came after which, so that one comparison reads the head of the next. It holds only
/// what has been verified byte by byte, and what it expects is only ever compared: a wrong guess
/// costs time.
class TraitHeads {
 public:
  static constexpr std::size_t kMaxSize = 2 * Block::kSize;
  /// A bit for each byte, that of the first one lowest, and more.
  using Bits = std::uint64_t;

  /// What a trait began with: all that stands before its value.
  class Head {
   public:
    /// Does `text` begin with it, but for the bytes whose bits are set? kMaxSize bytes are
    /// readable.
    [[nodiscard]] bool begins(const char* text, Bits skipped = 0) const {
      const Bits same = Block(text).same(Block::aligned(bytes_.data())) |
                        Block(text + Block::kSize).same(Block::aligned(&bytes_[Block::kSize]))
                            << Block::kSize;
      return (needed_ & ~(same | skipped)) == 0;
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Where its value goes.
    [[nodiscard]] std::string_view& slot() const { return *slot_; }
    /// Of its value, the last time.
    [[nodiscard]] std::size_t& usual_size() const { return usual_size_; }
    /// The bit of its name.
    [[nodiscard]] Bits bit() const { return bit_; }

   private:
    friend TraitHeads;
    alignas(Block::kSize) std::array<char, kMaxSize> bytes_{};
    Bits needed_ = ~Bits{0};  // a bit for each byte; before it is learnt: more
    Bits bit_ = 0;
    const Head* next_ = nullptr;
    std::string_view* slot_ = nullptr;
    std::size_t size_ = 0;
    mutable std::size_t usual_size_ = 0;
  };

  /// Of traits that are read into `traits`, which is borrowed.
  explicit TraitHeads(TraitSet& traits) : traits_(traits) {
    for (Head& head : heads_) head.next_ = &none();
  }
  TraitHeads(const TraitHeads&) = delete;
  TraitHeads& operator=(const TraitHeads&) = delete;

  /// What stands before the first trait.
  [[nodiscard]] const Head& none() const { return heads_[kNone]; }
  /// What is expected after it.
  [[nodiscard]] static const Head& after(const Head& head) { return *head.next_; }

  /// The known trait came after `previous` and began with `bytes`, at most kMaxSize.
  void learn(const Head& previous, std::size_t trait, std::string_view bytes) {
    Head& head = heads_[trait];
    std::memcpy(head.bytes_.data(), bytes.data(), bytes.size());
    head.needed_ = (Bits{1} << bytes.size()) - 1;
    head.bit_ = Bits{1} << trait;
    head.slot_ = &traits_.slot(trait);
    head.size_ = bytes.size();
    heads_[static_cast<std::size_t>(&previous - heads_.data())].next_ = &head;
  }

 private:
  static constexpr std::size_t kNone = kTraitNameCount;

  TraitSet& traits_;
  std::array<Head, kNone + 1> heads_;
};

}  // namespace vmtrail
