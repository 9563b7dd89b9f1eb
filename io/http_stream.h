// SPDX-License-Identifier: Apache-2.0
// An answer that goes on: text that is sent as it comes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace vmtrail {

/// Between whoever writes and the connection that sends. Nothing waits; how much may be pending is
/// for the writer to decide. Thread-safe.
class HttpStream {
 public:
  // ---- the writer

  /// Dropped once it is closed.
  void write(std::string text);
  /// Sends these last words instead of what has not been begun to be sent, and closes; soon, also
  /// if they cannot be sent.
  void close(std::string_view last_words = {});

  [[nodiscard]] std::size_t pending() const;  ///< bytes that the system has not taken
  [[nodiscard]] std::uint64_t taken() const;  ///< bytes that it has
  [[nodiscard]] bool closed() const;          ///< by either side
  /// Calls `call` from a thread of the server whenever nothing is pending any more, or the client
  /// has gone; also at once if it has.
  void on_taken(std::function<void()> call);

  // ---- the connection

  /// Calls `call` once there is something to be taken, or it is closed.
  void on_written(std::function<void()> call);
  struct Piece {
    std::string text;
    bool last = false;
  };
  /// What is to be sent next.
  [[nodiscard]] Piece take();
  /// So many bytes of it have been sent.
  void sent(std::size_t bytes);
  /// The client has gone, or all is sent.
  void end();

 private:
  mutable std::mutex mutex_;
  // Guarded by the mutex.
  std::string waiting_;
  std::size_t sending_ = 0;  // bytes that were taken out and are not sent
  std::uint64_t taken_ = 0;
  bool closed_ = false;
  bool ended_ = false;
  std::function<void()> on_taken_;
  std::function<void()> on_written_;
};

}  // namespace vmtrail
