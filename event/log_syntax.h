// SPDX-License-Identifier: Apache-2.0
// What begins an event and a trait in Python's repr of Ceilometer's models.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vmtrail {

struct LogHeader {
  std::string_view message_id;
  std::string_view event_type;
  std::string_view generated;
  std::string_view rest;  ///< after `<Event: ID, TYPE, TIME, `
};

/// Reads `<Event: ID, TYPE, TIME, ` at the front of `text`.
[[nodiscard]] std::optional<LogHeader> read_header(std::string_view text);

/// Is there a whole header, of which nothing is missing? Only that makes an event within what could
/// be another's value.
[[nodiscard]] bool begins_event(std::string_view text);

/// Where the next event begins, at or after `from`; npos: there is none.
[[nodiscard]] std::size_t find_event(std::string_view line, std::size_t from);

struct LogTraitHead {
  std::string_view name;
  std::size_t size;  ///< of `<Trait: NAME DTYPE `
};

[[nodiscard]] std::optional<LogTraitHead> read_trait_head(std::string_view text);

}  // namespace vmtrail
