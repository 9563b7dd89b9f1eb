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
  /// Stands for what is before the first trait.
  static constexpr std::size_t kNone = kTraitNameCount;

  /// What a trait began with: all that stands before its value.
  class Head {
   public:
    /// Does `text` begin with it, whatever the first `skipped` bytes? kMaxSize bytes are readable.
    [[nodiscard]] bool begins(const char* text, unsigned skipped = 0) const {
      const std::uint64_t same =
          Block(text).same(Block(bytes_.data())) |
          Block(text + Block::kSize).same(Block(bytes_.data() + Block::kSize)) << Block::kSize;
      const std::uint64_t needed = needed_ >> skipped << skipped;
      return (same & needed) == needed;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

   private:
    friend TraitHeads;
    alignas(Block::kSize) std::array<char, kMaxSize> bytes_{};
    std::uint64_t needed_ = ~std::uint64_t{0};  // a bit for each byte; before it is learnt: more
    std::uint8_t size_ = 0;
    std::uint8_t next_ = kNone;
  };

  /// The trait that is expected after the other.
  [[nodiscard]] std::size_t after(std::size_t trait) const { return heads_[trait].next_; }
  [[nodiscard]] const Head& operator[](std::size_t trait) const { return heads_[trait]; }

  /// `trait` came after `previous` and began with `bytes`, at most kMaxSize.
  void learn(std::size_t previous, std::size_t trait, std::string_view bytes) {
    Head& head = heads_[trait];
    std::memcpy(head.bytes_.data(), bytes.data(), bytes.size());
    head.needed_ = (std::uint64_t{1} << bytes.size()) - 1;
    head.size_ = static_cast<std::uint8_t>(bytes.size());
    heads_[previous].next_ = static_cast<std::uint8_t>(trait);
  }

 private:
  std::array<Head, kTraitNameCount + 1> heads_;
};

}  // namespace vmtrail
