// SPDX-License-Identifier: Apache-2.0
// Answers as people read them: nothing is told that the answer does not hold.

#pragma once

#include <string>

#include "app/query.h"

namespace vmtrail {

// The main rows of each answer.
[[nodiscard]] Table instance_table(const Json& answer);
[[nodiscard]] Table instances_table(const Json& answer);
[[nodiscard]] Table host_table(const Json& answer);
[[nodiscard]] Table hosts_table(const Json& answer);
[[nodiscard]] Table history_table(const Json& answer);
[[nodiscard]] Table together_table(const Json& answer);
[[nodiscard]] Table migrations_table(const Json& answer);
[[nodiscard]] Table facts_table(const Json& answer);
[[nodiscard]] Table changes_table(const Json& answer);
[[nodiscard]] Table report_table(const Json& answer);
[[nodiscard]] Table drain_table(const Json& answer);
[[nodiscard]] Table impact_table(const Json& answer);
[[nodiscard]] Table findings_table(const Json& answer);
[[nodiscard]] Table reconcile_table(const Json& answer);
[[nodiscard]] Table stats_table(const Json& answer);

// Whole answers of which one table cannot tell all.
[[nodiscard]] std::string where_text(const Json& answer, const Look& look);
[[nodiscard]] std::string host_text(const Json& answer, const Look& look);
[[nodiscard]] std::string explain_text(const Json& answer, const Look& look);
[[nodiscard]] std::string changes_text(const Json& answer, const Look& look);
[[nodiscard]] std::string report_text(const Json& answer, const Look& look);
[[nodiscard]] std::string drain_text(const Json& answer, const Look& look);
[[nodiscard]] std::string impact_text(const Json& answer, const Look& look);
[[nodiscard]] std::string reconcile_text(const Json& answer, const Look& look);
[[nodiscard]] std::string findings_text(const Json& answer, const Look& look);

/// A value as text: nothing for null; numbers with a fraction to two places.
[[nodiscard]] std::string cell(const Json& value);
/// Breaks `text` at spaces, each line behind `indent` spaces.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace vmtrail
