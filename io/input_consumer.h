// SPDX-License-Identifier: Apache-2.0
// What is told of an input while it is read.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vmtrail/decoder.h"
#include "vmtrail/error.h"
#include "vmtrail/event.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// Takes what an input holds, in its order and on one thread; see EventConsumer for what is told.
class InputConsumer {
 public:
  virtual ~InputConsumer() = default;

  /// Of the next events, at most kComing: they are told behind those that were announced before, at
  /// most as many, and perhaps with other things between them.
  virtual void on_coming(std::span<const Matched> coming) = 0;
  static constexpr std::size_t kComing = 16;

  virtual void on_event(const Event& event, const Matched& matched) = 0;
  virtual void on_undecodable(const Undecodable& bad) = 0;
  virtual void on_sample() = 0;
  virtual void on_skipped_line() = 0;

  /// Comes before all that is told of a frame, which is valid until the next.
  virtual void on_frame(const Frame& frame) = 0;
  /// Some hundred kilobytes more are told; `bytes_read` is ByteSource::bytes_read() behind them.
  /// An error ends the reading.
  [[nodiscard]] virtual Result<void> on_progress(std::uint64_t bytes_read) = 0;
  /// Everything that has come is told, and now the input is waited for.
  virtual void on_wait() = 0;
};

}  // namespace vmtrail
