// SPDX-License-Identifier: Apache-2.0
// Reading server-sent events (WHATWG HTML, 9.2.6).

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vmtrail {

struct ServerSentEvent {
  std::string type;               ///< empty: a message
  std::optional<std::string> id;  ///< empty: what was seen is to be forgotten
  std::string data;
};

/// Takes the bytes of a stream as they come. Comments, `retry` and events without data are passed
/// over.
class EventReader {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;  ///< of one event

  /// Calls `take` with each event that is complete; after it says false no more. false: that, or an
  /// event is too large.
  bool read(std::string_view bytes, const std::function<bool(const ServerSentEvent&)>& take);

 private:
  void take_line(std::string_view line);

  std::string line_;  // as far as it has come
  bool after_return_ = false;
  ServerSentEvent event_;
  bool has_data_ = false;
};

}  // namespace vmtrail
