// SPDX-License-Identifier: Apache-2.0
// Messages on their way from a source to the keeper.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/decoded.h"
#include "vmtrail/decoder.h"
#include "vmtrail/rules.h"

namespace vmtrail {

class Source;

/// Messages of one source that are acknowledged together, one after the other in one buffer, and
/// what they were decoded to, if they were already. A value: it can be filled in one thread and
/// read in another. Cleared, it keeps its buffers.
class Delivery {
 public:
  /// A whole message: an event, a list, an envelope, or lines of any of these. Copied.
  void add(std::string_view message);
  /// Part of a stream that a Splitter has cut. Copied.
  void add(const Frame& frame);

  [[nodiscard]] std::size_t bytes() const { return text_.size() + decoded_.bytes(); }
  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  void clear();

  /// Calls `take` with each frame, padded; their bytes stay until the delivery changes.
  template <class Take>
  void for_each_frame(const Take& take) {
    text_.append(kPadding, '\0');
    for (const Piece& piece : pieces_) {
      take(Frame{.bytes = std::string_view(text_).substr(piece.at, piece.size),
                 .offset = piece.offset,
                 .line = piece.line,
                 .padded = true,
                 .too_long = piece.too_long,
                 .whole = whole});
    }
    text_.resize(text_.size() - kPadding);
  }

  /// Decodes all of it, by the rules of the decoder.
  void decode(DecodedWriter& writer, MatchingDecoder& decoder,
              std::shared_ptr<const RuleSet> rules);
  /// The rules by which it was; nullptr: it was not.
  [[nodiscard]] const RuleSet* decoded_by() const { return rules_.get(); }
  [[nodiscard]] const Decoded& decoded() const { return decoded_; }
  /// Gives the messages away, in exchange for a buffer. Only where decoded().needs_frames() is
  /// false is it still to be read; with the messages back in it, it can be decoded again.
  void exchange_text(std::string& text) { text_.swap(text); }

  Source* from = nullptr;  ///< whom to tell; outlives the delivery
  std::uint64_t tag = 0;   ///< the source's own, given back by Source::settle()
  Format format = Format::any;
  bool whole = false;  ///< of messages, not lines: nothing in it is skipped as no event
  /// Where the source is to go on after these, should the program start again: stored with them.
  /// Empty: it has nothing to say.
  std::string position;

 private:
  struct Piece {
    std::size_t at;
    std::size_t size;
    std::uint64_t offset;  // in the message or stream
    std::uint64_t line;
    bool too_long;
  };

  std::string text_;
  std::vector<Piece> pieces_;
  Decoded decoded_;
  std::shared_ptr<const RuleSet> rules_;
};

/// What became of the events of a delivery; a list is as many events as it holds.
struct DeliveryCounts {
  std::uint64_t applied = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t ignored = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t skipped_lines = 0;  ///< of a log; no events

  [[nodiscard]] std::uint64_t events() const { return applied + duplicate + ignored + quarantined; }
  DeliveryCounts& operator+=(const DeliveryCounts& more) {
    applied += more.applied;
    duplicate += more.duplicate;
    ignored += more.ignored;
    quarantined += more.quarantined;
    skipped_lines += more.skipped_lines;
    return *this;
  }
  friend DeliveryCounts operator-(const DeliveryCounts& all, const DeliveryCounts& before) {
    return {all.applied - before.applied, all.duplicate - before.duplicate,
            all.ignored - before.ignored, all.quarantined - before.quarantined,
            all.skipped_lines - before.skipped_lines};
  }
};

}  // namespace vmtrail
