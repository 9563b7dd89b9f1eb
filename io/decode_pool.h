// SPDX-License-Identifier: Apache-2.0
// Reading and decoding an input on several threads, told in its order on one.

#pragma once

#include <functional>
#include <memory>

#include "io/byte_source.h"
#include "io/input_consumer.h"
#include "vmtrail/decoder.h"
#include "vmtrail/error.h"

namespace vmtrail {

/// Reads inputs with a number of jobs, of which the caller's thread is one and the others are
/// threads of the pool ("decode-0" …). What the consumer is told is the same for any number.
///
/// An input is read in chunks of 256 kB, or one frame where that is longer. Whoever is free reads
/// the next chunk, one at a time, or decodes one; the caller's thread tells of those that are
/// decoded, in order, and works like the others while the next in order is not. It alone waits for
/// an input that has nothing to read, once everything before that is told.
///
/// Memory: with one job the window of the source alone. With more, eight chunks for each job, each
/// with what was decoded of it, which points into it, about 1 MB at most; what else is in a chunk
/// of very many frames, and one of more than 512 kB (a frame may have 16 MB), is decoded only while
/// it is told, so that a dense one does not multiply it. Nothing is read ahead once all chunks
/// together hold 4 MB for each job.
class DecodePool {
 public:
  struct Options {
    unsigned jobs = 1;  ///< at least one
    Format format = Format::any;
    const RuleSet* rules;  ///< borrowed; not null
    /// What else there is to be done: called by whoever would wait, several at a time. False: that
    /// was nothing. Empty: there is nothing ever.
    std::function<bool()> aside = {};
  };
  explicit DecodePool(const Options& options);
  ~DecodePool();
  DecodePool(const DecodePool&) = delete;
  DecodePool& operator=(const DecodePool&) = delete;

  /// Reads all that `source` has, and tells `consumer` on the calling thread. Errors: the source's,
  /// after everything before it was told; the consumer's own. One thread at a time.
  [[nodiscard]] Result<void> read(ByteSource& source, InputConsumer& consumer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vmtrail
