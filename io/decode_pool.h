// SPDX-License-Identifier: Apache-2.0
// Decoding on several threads, told in the order of the input.

#pragma once

#include <functional>
#include <memory>

#include "vmtrail/decoder.h"

namespace vmtrail {

/// Copies frames into batches, has its threads ("decode-0" …) decode them, and tells what is in
/// them in the order in which they came, on the thread that calls: what the consumer does is the
/// same for any number of threads. At most a few batches for each thread are under way; then
/// decode() waits for the oldest.
class DecodePool {
 public:
  /// `threads` of its own, at least one. `names` are borrowed, see Decoder.
  DecodePool(unsigned threads, Format format, const TraitNames* names = nullptr);
  ~DecodePool();  ///< what was not told yet never is
  DecodePool(const DecodePool&) = delete;
  DecodePool& operator=(const DecodePool&) = delete;

  /// Called before the events of each frame, on the calling thread; the frame is valid during its
  /// events.
  using BeginFrame = std::function<void(const Frame&)>;

  /// Takes a frame, and tells of earlier ones that are decoded.
  void decode(const Frame& frame, const BeginFrame& begin, EventConsumer& consumer);
  /// Tells of all that are left.
  void finish(const BeginFrame& begin, EventConsumer& consumer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vmtrail
