// SPDX-License-Identifier: Apache-2.0
// Notifications in the forms in which they are captured.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/generator.h"
#include "bench/wording.h"

namespace vmtrail::bench {

enum class Form : std::uint8_t {
  jsonl,  ///< a Ceilometer event with the default definitions, as Python's json writes it
  log,    ///< the same as a collector logs it
  oslo,   ///< Nova's notification in the envelope of oslo.messaging
};

[[nodiscard]] std::optional<Form> parse_form(std::string_view text);

/// Appends the line of a notification, with its line feed.
void append_line(std::string& out, Form form, const Notification& sent, const Ids& ids);

// ---- one form each

void append_jsonl(std::string& out, const Notification& sent, const Ids& ids);
void append_log(std::string& out, const Notification& sent, const Ids& ids);
void append_oslo(std::string& out, const Notification& sent, const Ids& ids);

}  // namespace vmtrail::bench
