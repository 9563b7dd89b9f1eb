// SPDX-License-Identifier: Apache-2.0
// The way to one watcher, whatever carries it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "vmtrail/ids.h"

namespace vmtrail {

/// One thing that a watcher is told.
struct WatchMessage {
  enum class Kind : std::uint8_t { snapshot, record, heartbeat, compacted, cut };

  Kind kind;
  Sequence sequence{};
  /// Whoever was told so much resumes from `sequence`.
  bool resumable = false;
  /// snapshot: its other keys, as JSON behind a comma; record: the CloudEvent; compacted, cut: the
  /// reason.
  std::string_view text;
  /// Of the sequence; see epoch.h.
  std::string_view epoch{};
};

/// As server-sent events have it (WHATWG HTML, 9.2): an `id` where it can be resumed from.
void append_event(std::string& out, const WatchMessage& message);
/// As one JSON object, `{"watch":"record","sequence":N,"record":{…}}`.
void append_json(std::string& out, const WatchMessage& message);

/// Takes messages without ever waiting; what the watcher has not taken yet is kept here. For one
/// thread at a time.
class WatchOutlet {
 public:
  virtual ~WatchOutlet() = default;
  /// Takes note of what is to be sent; send() sends it.
  virtual void put(const WatchMessage& message) = 0;
  virtual void send() = 0;
  /// The last message, instead of what has not been begun to be sent; the way is closed behind it,
  /// also if it cannot be sent within a few seconds.
  virtual void cut(const WatchMessage& message) = 0;

  [[nodiscard]] virtual std::size_t pending() const = 0;  ///< bytes that were put and not taken
  [[nodiscard]] virtual std::uint64_t taken() const = 0;  ///< bytes so far
  [[nodiscard]] virtual bool closed() const = 0;          ///< by the watcher, or by cut()
  /// Calls `call` from another thread whenever nothing is pending any more, or it is closed.
  virtual void on_taken(std::function<void()> call) = 0;
};

}  // namespace vmtrail
