// SPDX-License-Identifier: Apache-2.0
// Lists that stand in one column of the store, as JSON: an array of arrays whose members are in
// the order of docs/store.md. null is nothing, and 0 a text like that of the array before; times
// are microseconds since 1970 UTC. A change of the order raises kSchemaVersion.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/snapshot.h"

namespace vmtrail {

/// One state is an array by itself.
[[nodiscard]] std::string packed(const StateSnapshot& state);
[[nodiscard]] std::string packed(std::span<const FactSnapshot> facts);
[[nodiscard]] std::string packed(std::span<const TrailSnapshot> trail);
[[nodiscard]] std::string packed(std::span<const StatusSnapshot> statuses);

// nullopt: the text is nothing that packed() has written.
[[nodiscard]] std::optional<StateSnapshot> unpacked_state(std::string_view text);
[[nodiscard]] std::optional<std::vector<FactSnapshot>> unpacked_facts(std::string_view text);
[[nodiscard]] std::optional<std::vector<TrailSnapshot>> unpacked_trail(std::string_view text);
[[nodiscard]] std::optional<std::vector<StatusSnapshot>> unpacked_statuses(std::string_view text);

/// Texts a line each; of a line feed or a backslash in them `\n` and `\\` are left.
void append_line(std::string& out, std::string_view text);
[[nodiscard]] std::vector<std::string> lines_of(std::string_view lines);

}  // namespace vmtrail
