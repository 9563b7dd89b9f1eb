// SPDX-License-Identifier: Apache-2.0

#include "query/question.h"

namespace vmtrail {

namespace {

// Which outcomes are asked for: any of those named, or all if none is.
struct Outcomes {
  bool open = false;
  bool failed = false;
  bool stuck = false;

  [[nodiscard]] bool admit(Outcome outcome) const {
    if (!open && !failed && !stuck) return true;
    return (open && is_open(outcome)) || (stuck && outcome == Outcome::stuck) ||
           (failed && (outcome == Outcome::failed || outcome == Outcome::aborted));
  }
};

Result<Outcomes> outcomes(const Question& question) {
  Outcomes asked;
  for (const auto& [option, flag] :
       {std::pair{"open", &asked.open}, {"failed", &asked.failed}, {"stuck", &asked.stuck}}) {
    const auto given = question.flag(option);
    if (!given) return tl::unexpected(given.error());
    *flag = *given;
  }
  return asked;
}

}  // namespace

Result<void> answer_migrations(const Question& question, JsonWriter& out) {
  const auto asked = outcomes(question);
  if (!asked) return tl::unexpected(asked.error());
  const auto window = question.window();
  if (!window) return tl::unexpected(window.error());
  std::optional<InstanceId> instance;
  if (question.request.find("instance") != nullptr) {
    const auto id = question.instance();
    if (!id) return tl::unexpected(id.error());
    instance = *id;
  }
  std::string host;
  if (question.request.find("host") != nullptr) {
    const auto known = question.host();
    if (!known) return tl::unexpected(known.error());
    host = known->name;
  }
  std::vector<Migration> found =
      instance ? question.model().migrations(*instance) : question.model().migrations();
  std::erase_if(found, [&](const Migration& one) {
    return !asked->admit(one.outcome) ||
           (!host.empty() && !question.same_host(one.source, host) &&
            !question.same_host(one.destination, host)) ||
           (window->since && one.started_at < *window->since) ||
           (window->until && one.started_at >= *window->until);
  });
  list(out, "migrations", found);
  return {};
}

}  // namespace vmtrail
