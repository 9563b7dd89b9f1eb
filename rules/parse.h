// SPDX-License-Identifier: Apache-2.0
// From the nodes of a rules file to rules. All of these throw Mistake.

#pragma once

#include <string>
#include <string_view>

#include "rules/yaml_reader.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// `like` is the row that stands for whatever this one does not say; nullptr: none.
[[nodiscard]] Rule parse_rule(const YAML::Node& node, std::string_view file, const Rule* like);
[[nodiscard]] Absence parse_absence(const YAML::Node& node, std::string_view file);
[[nodiscard]] Condition parse_condition(const YAML::Node& node);
[[nodiscard]] Sample parse_sample(const YAML::Node& node);

/// The placeholders that a summary may have: of a record, or of what an absence reports.
enum class SlotsOf : std::uint8_t { record, absence };
[[nodiscard]] SummaryTemplate parse_summary(const YAML::Node& node, SlotsOf allowed);

/// The id of a row, where it has one; for messages.
[[nodiscard]] std::string id_of(const YAML::Node& node);
[[nodiscard]] Place place_of(const YAML::Node& node);
/// The severity under a key of that name.
[[nodiscard]] Severity parse_severity(const YAML::Node& node);

}  // namespace vmtrail
