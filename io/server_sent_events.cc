// SPDX-License-Identifier: Apache-2.0

#include "io/server_sent_events.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

bool EventReader::read(std::string_view bytes,
                       const std::function<bool(const ServerSentEvent&)>& take) {
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (line_.size() + event_.data.size() > kMostBytes) return false;
    if (end == std::string_view::npos) return true;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (!line_.empty()) {
      take_line(line_);
      line_.clear();
      continue;
    }
    const ServerSentEvent event = std::exchange(event_, {});
    if (std::exchange(has_data_, false) && !take(event)) return false;
  }
  return true;
}

void EventReader::take_line(std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view field = line.substr(0, colon);
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    event_.type = value;
  } else if (field == "id") {
    event_.id = value;
  } else if (field == "data") {
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += value;
  }
}

}  // namespace vmtrail
