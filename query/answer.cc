// SPDX-License-Identifier: Apache-2.0
// The table of questions, and what all answers have in common.

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "query/question.h"
#include "vmtrail/suggest.h"

namespace vmtrail {

namespace {

struct Row {
  std::string_view op;
  Answering* answer;
  std::array<std::string_view, 7> options;  // empty ones: no more
};

constexpr Row kQuestions[] = {
    {"where", answer_where, {"instance", "at"}},
    {"host", answer_host, {"host", "at"}},
    {"hosts", answer_hosts, {}},
    {"instances", answer_instances, {"host", "project", "state", "name", "marker", "limit"}},
    {"history", answer_history, {"instance", "host", "since", "until"}},
    {"together", answer_together, {"instance", "since", "until"}},
    {"migrations",
     answer_migrations,
     {"instance", "open", "failed", "stuck", "host", "since", "until"}},
    {"explain", answer_explain, {"instance"}},
    {"changes", answer_changes, {"since", "limit"}},
    {"report", answer_report, {"report", "since", "until", "project", "name"}},
    {"drain", answer_drain, {"host", "since"}},
    {"impact", answer_impact, {"host", "since"}},
    {"doctor", answer_doctor, {}},
    {"stats", answer_stats, {}},
};

// The words of an array up to the first empty one.
std::vector<std::string_view> words(const std::array<std::string_view, 7>& options) {
  return {options.begin(), std::find(options.begin(), options.end(), std::string_view())};
}

Error unknown(std::string_view what, const std::string& typed,
              const std::vector<std::string_view>& known) {
  std::string detail = std::string(what) + " '" + typed + "'";
  if (const auto meant = nearest(typed, known)) {
    detail += "; did you mean '" + std::string(*meant) + "'?";
  }
  return wrong_usage(std::move(detail));
}

Result<const Row*> row_for(const Request& request) {
  const auto* const row = std::find_if(std::begin(kQuestions), std::end(kQuestions),
                                       [&](const Row& one) { return one.op == request.op; });
  if (row == std::end(kQuestions)) {
    std::vector<std::string_view> ops;
    for (const Row& one : kQuestions) ops.push_back(one.op);
    return tl::unexpected(unknown("unknown op", request.op, ops));
  }
  const std::vector<std::string_view> known = words(row->options);
  for (const auto& [option, value] : request.options) {
    if (std::find(known.begin(), known.end(), option) == known.end()) {
      return tl::unexpected(unknown("unknown option", option, known));
    }
  }
  return row;
}

// Each with what tells it from the others.
void write_candidates(JsonWriter& out, const Question& question) {
  const std::string* const text = question.request.find("instance");
  if (text == nullptr) return;
  constexpr std::size_t kMost = 100;
  out.key("candidates").open('[');
  std::size_t told = 0;
  for (const InstanceId& id : question.model().candidates(*text)) {
    if (++told > kMost) break;
    const InstanceAnswer instance = *question.model().instance(id);
    out.open('{').field("id", id.to_string()).field("name", instance.name);
    out.field("project_id", instance.project_id).field("host", instance.host).close('}');
  }
  out.close(']');
}

Answer failed(const Question& question, const Error& error) {
  JsonWriter out;
  write_head(out, question.subject);
  out.key("error").open('{').field("code", info(error.code).name);
  out.field("message", error.message());
  if (error.code == ErrorCode::ambiguous) write_candidates(out, question);
  out.close('}').close('}');
  return {out.take(), error};
}

}  // namespace

void write_head(JsonWriter& out, const Subject& subject) {
  const std::optional<Time> newest = subject.model.newest_event();
  out.open('{').field("sequence", static_cast<std::uint64_t>(subject.model.sequence()));
  out.field("newest_event", newest).key("age_s");
  if (newest) {
    out.value(std::chrono::duration<double>(subject.now - *newest).count());
  } else {
    out.raw("null");
  }
}

Answer answer(const Request& request, const Subject& subject) {
  const Question question{request, subject};
  const auto row = row_for(request);
  if (!row) return failed(question, row.error());
  JsonWriter out;
  write_head(out, subject);
  if (const auto done = (*row)->answer(question, out); !done) {
    return failed(question, done.error());
  }
  out.close('}');
  return {out.take(), std::nullopt};
}

}  // namespace vmtrail
