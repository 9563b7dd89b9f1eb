// SPDX-License-Identifier: Apache-2.0

#include "query/question.h"

namespace vmtrail {

Result<void> answer_explain(const Question& question, JsonWriter& out) {
  const auto id = question.instance();
  if (!id) return tl::unexpected(id.error());
  std::vector<TrailSnapshot> folded;
  if (question.subject.archive != nullptr) {
    auto kept = question.subject.archive->trail(*id);
    if (!kept) return tl::unexpected(kept.error());
    folded = std::move(*kept);
  }
  const InstanceAnswer instance = *question.model().instance(*id);
  out.key("instance").shape(instance).field("host", instance.host);
  out.field("confidence", name(instance.confidence));
  out.field("decided_by",
            instance.decided_by ? instance.decided_by->message_id.to_string() : std::string());
  list(out, "facts", question.model().explain(*id, folded, question.subject.rules));
  return {};
}

}  // namespace vmtrail
