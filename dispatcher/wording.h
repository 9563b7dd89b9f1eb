// SPDX-License-Identifier: Apache-2.0
// Records in the words of a site's rules.

#pragma once

#include <string>
#include <string_view>

#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// The template of `rule` that counts for records of this type; nullptr if there is none.
[[nodiscard]] const RecordTemplate* template_of(const Rule& rule, RecordType type);

/// Appends the summary that `wording` makes of a record, as `event` caused it.
void append_summary(std::string& out, const SummaryTemplate& wording, const ChangeRecord& record,
                    const Event& event, const Model& model);

/// Appends the summary of an event that is missing.
void append_summary(std::string& out, const Absence& absence, const MissingEvent& missing,
                    const Model& model);

}  // namespace vmtrail
