// SPDX-License-Identifier: Apache-2.0
// Texts for the scanners' tests: recorded ones, and parts to make others of.

#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "io/byte_source.h"

namespace vmtrail::test {

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  auto source = ByteSource::open(file.string());
  REQUIRE(source);
  for (bool more = true; more;) {
    const auto filled = source->fill();
    REQUIRE(filled);
    more = *filled;
  }
  std::vector<std::string> lines;
  for (std::string_view rest = source->window(); !rest.empty();) {
    const std::size_t size = std::min(rest.find('\n'), rest.size() - 1) + 1;
    lines.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return lines;
}

/// The lines of all files whose names contain that.
inline std::vector<std::string> recorded(std::string_view name) {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VMTRAIL_FIXTURES)) {
    const bool named = entry.path().string().find(name) != std::string::npos;
    if (!named || !entry.is_regular_file()) continue;
    for (std::string& line : lines_of(entry.path())) all.push_back(std::move(line));
  }
  REQUIRE_FALSE(all.empty());
  return all;
}

inline std::string compact(std::string text) {
  for (const std::string_view separator : {", ", ": "}) {
    for (std::size_t at = text.find(separator); at != std::string::npos;
         at = text.find(separator, at + 1)) {
      text.erase(at + 1, 1);
    }
  }
  return text;
}

inline const std::string kEvent =
    R"({"message_id": "m", "event_type": "t", "generated": "2026-11-22T12:33:25.1", "traits": [["host", 1, "h"]], "raw": {}})";
/// As oslo.messaging sends it.
inline std::string enveloped(std::string_view message) {
  std::string text = R"({"oslo.version": "2.0", "oslo.message": ")";
  for (const char c : message) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"}";
}

inline std::string notification(const std::string& payload,
                                const std::string& event_type = "compute.x") {
  return R"({"message_id": "m", "publisher_id": "compute.h", "event_type": ")" + event_type +
         R"(", "payload": )" + payload +
         R"(, "timestamp": "2026-11-22 12:33:25.1", "_context_request_id": "req-1", "_context_roles": ["a", "b"]})";
}

inline std::string versioned(const std::string& data) {
  return notification(R"({"nova_object.name": "P", "nova_object.data": )" + data + "}",
                      "instance.update");
}

inline std::string event_list(const std::string& events) {
  return R"({"message_id": "l", "event_type": "event", "payload": )" + events +
         R"(, "timestamp": "2026-11-22 12:33:25.1"})";
}

inline const std::string kLogged = "<Event: m, t, 2026-11-22 12:33:25.000001, <Trait: host 1 h>>";

inline std::string with_traits(const std::string& traits) {
  return R"({"message_id": "m", "event_type": "t", "generated": "2026-11-22T12:33:25", "traits": [)" +
         traits + R"(], "raw": {}})";
}

}  // namespace vmtrail::test
